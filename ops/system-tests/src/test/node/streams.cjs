// Streams completions with the published npm client, as many at a time as are asked for on stdin, a line of JSON each:
// {"session":…,"apis":[base URLs],"body":{…}}. A stream that breaks is asked for again, by the same request id, at the next API;
// what is known already must come again as it was. A line of JSON on stdout for each event:
// {"session":…,"at":ms,"text":…}, then {"session":…,"at":ms,"done":true}; breaks as {"session":…,"at":ms,"broken":"why"}.
'use strict';
const readline = require('node:readline');
const OpenAI = require('openai');

const clients = new Map();
const clientOf = (baseURL) => {
  if (!clients.has(baseURL)) clients.set(baseURL, new OpenAI({ baseURL, apiKey: 'any' }));
  return clients.get(baseURL);
};
const say = (session, what) => console.log(JSON.stringify({ session, at: Date.now(), ...what }));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function attempt({ session, body }, api, known) {
  const stream = await clientOf(api).completions.create(
    { model: 'skein-demo-9m', ...body, session, stream: true },
    { headers: { 'Idempotency-Key': `request-of-${session}` } },
  );
  let index = 0;
  let ended = false;
  for await (const event of stream) {
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
      await attempt(asked, asked.apis[i % asked.apis.length], known);
      say(asked.session, { done: true });
      return;
    } catch (error) {
      say(asked.session, { broken: String(error) });
      await pause(200);
    }
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => follow(JSON.parse(line)));
