// Streams completions with the published npm client, as many at a time as are asked for on stdin, a line of JSON each:
// {"session":…,"apis":[base URLs],"body":{…}}. A stream that breaks is asked for again, by the same request id, at the next API;
// what is known already must come again as it was. So does one that has been silent for long: its router may have stopped without
// closing the connection. A line of JSON on stdout for each event:
// {"session":…,"at":ms,"text":…}, then {"session":…,"at":ms,"done":true}; breaks as {"session":…,"at":ms,"broken":"why"}.
'use strict';
const readline = require('node:readline');
const OpenAI = require('openai');

/** More than a broker or a worker that dies makes a stream wait. */
const SILENCE_MS = 12_000;

const clients = new Map();
const clientOf = (baseURL) => {
  if (!clients.has(baseURL)) clients.set(baseURL, new OpenAI({ baseURL, apiKey: 'any' }));
  return clients.get(baseURL);
};
const say = (session, what) => console.log(JSON.stringify({ session, at: Date.now(), ...what }));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs something that says when it was alive, and aborts it when it no longer is. */
async function unlessSilent(run) {
  const silence = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  alive();
  try {
    await run(silence.signal, alive);
  } finally {
    clearTimeout(timer);
  }
}

async function attempt({ session, body }, api, known, signal, alive) {
  const stream = await clientOf(api).completions.create(
    { model: 'skein-demo-9m', ...body, session, stream: true },
    { headers: { 'Idempotency-Key': `request-of-${session}` }, signal },
  );
  let index = 0;
  let ended = false;
  for await (const event of stream) {
    alive();
    const [choice] = event.choices;
    if (!choice) continue;
    if (index < known.length) {
      if (known[index] !== choice.text) throw new Error(`event ${index} was ${JSON.stringify(known[index])} before`);
    } else {
      known.push(choice.text);
      say(session, { text: choice.text, reason: choice.finish_reason });
    }
    ended = ended || Boolean(choice.finish_reason);
    index += 1;
  }
  if (!ended) throw new Error(`the stream ended after ${index} events, without a reason`);
}

async function follow(asked) {
  const known = [];
  for (let i = 0; ; i += 1) {
    try {
      const api = asked.apis[i % asked.apis.length];
      await unlessSilent((signal, alive) => attempt(asked, api, known, signal, alive));
      say(asked.session, { done: true });
      return;
    } catch (error) {
      say(asked.session, { broken: String(error) });
      await pause(200);
    }
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => follow(JSON.parse(line)));
