// Drives a running router with the published npm client at its default settings.
// usage: node openai.cjs BASE_URL; prints "ok NAME" for every scenario and fails at the first that does not hold.
'use strict';
const assert = require('node:assert/strict');
const http = require('node:http');
const OpenAI = require('openai');

const baseURL = process.argv[2];
const client = new OpenAI({ baseURL, apiKey: 'any' });
const model = 'skein-demo-9m';
const story = [{ role: 'user', content: 'Tell me a story about a fox.' }];
const run = Date.now().toString(36);

const scenarios = {
  async models() {
    const ids = [];
    for await (const card of client.models.list()) {
      assert.equal(card.object, 'model');
      ids.push(card.id);
    }
    assert.ok(ids.includes(model));
    assert.equal((await client.models.retrieve(model)).id, model);
  },

  async chat() {
    const before = Math.floor(Date.now() / 1000);
    const answer = await client.chat.completions.create({ model, messages: story, seed: 3, max_tokens: 40 });
    assert.match(answer.id, /^chatcmpl-/);
    assert.equal(answer.object, 'chat.completion');
    assert.ok(answer.created >= before - 5 && answer.created <= before + 120);
    assert.equal(answer.model, model);
    assert.match(answer.system_fingerprint, /^fp_/);
    assert.equal(answer.choices.length, 1);
    const [choice] = answer.choices;
    assert.equal(choice.index, 0);
    assert.equal(choice.message.role, 'assistant');
    assert.equal(choice.message.refusal, null);
    assert.equal(choice.logprobs, null);
    assert.match(choice.message.content, /^\S.*fox/s);
    assert.ok(['stop', 'length'].includes(choice.finish_reason));
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    assert.ok(answer.usage.prompt_tokens > 5 && answer.usage.completion_tokens <= 40);
    assert.equal(answer.usage.prompt_tokens_details.cached_tokens >= 0, true);
  },

  async streaming() {
    const asked = { model, messages: story, seed: 3, max_completion_tokens: 30 };
    const whole = await client.chat.completions.create(asked);
    const chunks = [];
    const stream = await client.chat.completions.create({
      ...asked, stream: true, stream_options: { include_usage: true },
    });
    for await (const chunk of stream) chunks.push(chunk);
    assert.equal(new Set(chunks.map((c) => c.id)).size, 1);
    assert.ok(chunks.every((c) => c.object === 'chat.completion.chunk'));
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    const text = chunks.map((c) => c.choices[0]?.delta?.content ?? '').join('');
    assert.equal(text, whole.choices[0].message.content);
    const reasons = chunks.map((c) => c.choices[0]?.finish_reason).filter(Boolean);
    assert.deepEqual(reasons, [whole.choices[0].finish_reason]);
    const last = chunks.at(-1);
    assert.deepEqual(last.choices, []);
    assert.equal(last.usage.completion_tokens, whole.usage.completion_tokens);
    assert.ok(chunks.slice(0, -1).every((c) => c.usage === null));
    const final = await client.chat.completions.stream(asked).finalChatCompletion();
    assert.equal(final.choices[0].message.content, text);
  },

  async stops() {
    const asked = { model, messages: story, seed: 3, max_tokens: 60 };
    const whole = (await client.chat.completions.create(asked)).choices[0].message.content;
    const stop = whole.slice(12, 17);
    const cut = await client.chat.completions.create({ ...asked, stop: [stop] });
    assert.equal(cut.choices[0].message.content, whole.slice(0, whole.indexOf(stop)));
    assert.equal(cut.choices[0].finish_reason, 'stop');
  },

  async choices() {
    const answer = await client.chat.completions.create({
      model, messages: story, n: 3, seed: 5, temperature: 1.2, top_p: 0.95, max_tokens: 24,
    });
    assert.deepEqual(answer.choices.map((c) => c.index), [0, 1, 2]);
    const texts = new Set(answer.choices.map((c) => c.message.content));
    assert.equal(texts.size, 3, 'choices are drawn apart from each other');
    const one = await client.chat.completions.create({
      model, messages: story, seed: 5, temperature: 1.2, top_p: 0.95, max_tokens: 24,
    });
    assert.equal(one.choices[0].message.content, answer.choices[0].message.content);
    assert.equal(answer.usage.prompt_tokens, one.usage.prompt_tokens);
  },

  async logprobs() {
    const answer = await client.chat.completions.create({
      model, messages: story, seed: 3, max_tokens: 12, logprobs: true, top_logprobs: 3, temperature: 0,
    });
    const { content } = answer.choices[0].logprobs;
    assert.equal(content.length, answer.usage.completion_tokens);
    for (const token of content) {
      assert.ok(token.logprob <= 0);
      assert.equal(token.top_logprobs.length, 3);
      assert.equal(token.top_logprobs[0].token, token.token, 'greedy takes the likeliest');
      assert.ok(token.top_logprobs[0].logprob >= token.top_logprobs[1].logprob);
      assert.equal(Buffer.from(token.bytes).toString(), token.token);
    }
    const text = content.map((token) => token.token).join('');
    assert.equal(text.trimStart(), answer.choices[0].message.content);
  },

  async biases() {
    const asked = { model, prompt: 'Once upon a time', max_tokens: 1, temperature: 0 };
    const free = await client.completions.create({ ...asked, logprobs: 0, stop_tokens: [] });
    const banned = await client.completions.create({ ...asked, logit_bias: { 45: -100 } });
    assert.equal(free.choices[0].text, ',');
    assert.notEqual(banned.choices[0].text, ',');
  },

  async completions() {
    const asked = { model, prompt: ['Once upon a time', 'The fox'], max_tokens: 8, temperature: 0, logprobs: 2 };
    const both = await client.completions.create(asked);
    assert.equal(both.object, 'text_completion');
    assert.deepEqual(both.choices.map((c) => c.index), [0, 1]);
    const second = await client.completions.create({ ...asked, prompt: 'The fox' });
    assert.equal(both.choices[1].text, second.choices[0].text);
    const { tokens, token_logprobs, top_logprobs, text_offset } = second.choices[0].logprobs;
    assert.equal(tokens.length, 8);
    assert.equal(token_logprobs.length, 8);
    assert.equal(Object.keys(top_logprobs[0]).length, 2);
    assert.equal(text_offset[0], 0);
    assert.equal(text_offset[1], tokens[0].length);
    assert.equal(both.usage.completion_tokens, 16);
  },

  async embeddings() {
    const input = ['The bear ate honey.', 'The fox found a seed.'];
    const packed = await client.embeddings.create({ model, input });
    const plain = await client.embeddings.create({ model, input, encoding_format: 'float' });
    assert.equal(packed.data.length, 2);
    for (let i = 0; i < 2; i++) {
      assert.equal(packed.data[i].index, i);
      const length = Math.hypot(...packed.data[i].embedding);
      assert.ok(Math.abs(length - 1) < 1e-4, `length ${length}`);
      assert.deepEqual(packed.data[i].embedding, plain.data[i].embedding.map(Math.fround));
    }
    assert.notDeepEqual(packed.data[0].embedding, packed.data[1].embedding);
    assert.equal(packed.usage.total_tokens, packed.usage.prompt_tokens);
  },

  async session() {
    const session = `npm-${run}`;
    const first = await client.chat.completions.create({ model, messages: story, seed: 3, max_tokens: 60, session });
    const second = await client.chat.completions.create({
      model, messages: [{ role: 'user', content: 'What was its name?' }], seed: 3, max_tokens: 20, session,
    });
    assert.ok(second.usage.prompt_tokens < 20, `${second.usage.prompt_tokens} tokens read`);
    assert.ok(first.usage.prompt_tokens > 0);
  },

  async structured() {
    const schema = {
      type: 'object',
      properties: { animal: { enum: ['fox', 'bear'] }, legs: { type: 'integer', minimum: 2, maximum: 4 } },
      required: ['animal', 'legs'],
      additionalProperties: false,
    };
    const asked = { model, messages: story, max_tokens: 60, seed: 3 };
    const answer = await client.chat.completions.create({
      ...asked, response_format: { type: 'json_schema', json_schema: { name: 'animal', schema, strict: true } },
    });
    const value = JSON.parse(answer.choices[0].message.content);
    assert.ok(['fox', 'bear'].includes(value.animal) && value.legs >= 2 && value.legs <= 4);
    assert.equal(answer.choices[0].finish_reason, 'stop');
    const free = await client.chat.completions.create({ ...asked, response_format: { type: 'json_object' } });
    assert.equal(typeof JSON.parse(free.choices[0].message.content), 'object');
    const typed = await client.responses.create({
      model, input: 'Which animal?', max_output_tokens: 60, text: { format: { type: 'json_schema', name: 'animal', schema } },
    });
    assert.ok(['fox', 'bear'].includes(JSON.parse(typed.output_text).animal));
  },

  async tools() {
    const parameters = {
      type: 'object',
      properties: { town: { enum: ['Bern', 'Oslo'] } },
      required: ['town'],
      additionalProperties: false,
    };
    const tools = [{ type: 'function', function: { name: 'weather', description: 'of a town', parameters } }];
    const asked = { model, messages: [{ role: 'user', content: 'How is the weather?' }], tools, max_tokens: 60, seed: 4 };
    const answer = await client.chat.completions.create({ ...asked, tool_choice: 'required' });
    const [choice] = answer.choices;
    assert.equal(choice.finish_reason, 'tool_calls');
    assert.equal(choice.message.content, null);
    const [call] = choice.message.tool_calls;
    assert.equal(call.type, 'function');
    assert.equal(call.function.name, 'weather');
    assert.ok(['Bern', 'Oslo'].includes(JSON.parse(call.function.arguments).town));
    const stream = client.chat.completions.stream({ ...asked, tool_choice: { type: 'function', function: { name: 'weather' } } });
    const whole = await stream.finalChatCompletion();
    assert.deepEqual(whole.choices[0].message.tool_calls[0].function.arguments, call.function.arguments);
    assert.equal(whole.choices[0].finish_reason, 'tool_calls');
    const after = await client.chat.completions.create({
      ...asked,
      messages: [...asked.messages, choice.message, { role: 'tool', tool_call_id: call.id, content: 'Sunny.' }],
      tool_choice: 'none',
    });
    assert.match(after.choices[0].message.content, /\S/);
    const response = await client.responses.create({
      model, input: 'How is the weather?', tool_choice: 'required', max_output_tokens: 60,
      tools: [{ type: 'function', name: 'weather', parameters, strict: true }],
    });
    const item = response.output.find((entry) => entry.type === 'function_call');
    assert.equal(item.name, 'weather');
    assert.ok(['Bern', 'Oslo'].includes(JSON.parse(item.arguments).town));
  },

  async responses() {
    const asked = { model, input: 'Tell me a story about a fox.', max_output_tokens: 60, temperature: 1 };
    const first = await client.responses.create({ ...asked, instructions: 'Be brief.', metadata: { a: 'b' } });
    assert.match(first.id, /^resp_/);
    assert.equal(first.object, 'response');
    assert.ok(['completed', 'incomplete'].includes(first.status));
    assert.equal(first.output[0].type, 'message');
    assert.match(first.output_text, /\S/);
    assert.equal(first.output_text, first.output[0].content[0].text);
    assert.equal(first.usage.total_tokens, first.usage.input_tokens + first.usage.output_tokens);
    assert.deepEqual(first.metadata, { a: 'b' });
    const counted = await client.responses.inputTokens.count({ model, input: asked.input, instructions: 'Be brief.' });
    assert.deepEqual(counted, { object: 'response.input_tokens', input_tokens: first.usage.input_tokens });
    await assert.rejects(
      client.responses.compact({ model, input: asked.input }),
      (e) => e instanceof OpenAI.BadRequestError && e.code === 'unsupported_parameter' && /compact/.test(e.message),
    );
    const again = await client.responses.retrieve(first.id);
    assert.deepEqual(again.output, first.output);
    const items = [];
    for await (const item of client.responses.inputItems.list(first.id, { limit: 1 })) items.push(item);
    assert.deepEqual(items.map((item) => [item.type, item.role, item.content]), [
      ['message', 'user', [{ type: 'input_text', text: asked.input }]],
    ]);

    const events = [];
    const stream = await client.responses.create({
      ...asked, input: [{ role: 'user', content: 'What was its name?' }], previous_response_id: first.id, stream: true,
    });
    for await (const event of stream) events.push(event);
    assert.deepEqual(events.map((e) => e.sequence_number), events.map((_, i) => i));
    assert.equal(events[0].type, 'response.created');
    const { response } = events.at(-1);
    assert.ok(response.usage.input_tokens < 20, 'only the new words are read');
    const text = events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta).join('');
    assert.equal(text, response.output[0].content[0].text);
    const rest = [];
    for await (const event of await client.responses.retrieve(response.id, { stream: true, starting_after: 4 })) {
      rest.push(event);
    }
    assert.deepEqual(rest, events.slice(5));
    await assert.rejects(
      client.responses.create({ ...asked, previous_response_id: first.id }),
      (e) => e instanceof OpenAI.BadRequestError && e.code === 'turn_mismatch',
    );
    await assert.rejects(
      client.responses.delete(first.id),
      (e) => e instanceof OpenAI.BadRequestError && e.code === 'response_continued',
    );
    const passing = await client.responses.create(asked);
    await client.responses.delete(passing.id);
    for (const gone of [
      () => client.responses.retrieve(passing.id),
      () => client.responses.retrieve(passing.id, { stream: true }),
      () => client.responses.inputItems.list(passing.id),
      () => client.responses.delete(passing.id),
    ]) {
      await assert.rejects(gone, (e) => e instanceof OpenAI.NotFoundError && e.code === 'response_not_found');
    }

    let slow = await client.responses.create({ ...asked, max_output_tokens: 60, background: true });
    assert.ok(['queued', 'in_progress'].includes(slow.status));
    while (['queued', 'in_progress'].includes(slow.status)) slow = await client.responses.retrieve(slow.id);
    assert.match(slow.output[0].content[0].text, /\S/);
    const long = await client.responses.create({
      ...asked, background: true, max_output_tokens: 20000, ignore_end_of_text: true,
      // Numbers, which no stop string ends.
      text: { format: { type: 'json_schema', name: 'numbers', schema: { type: 'array', items: { type: 'integer' }, minItems: 1000 } } },
    });
    assert.equal((await client.responses.cancel(long.id)).status, 'cancelled');
  },

  async errors() {
    const asked = { model, messages: story };
    await assert.rejects(client.chat.completions.create({ ...asked, model: 'none' }), (e) => {
      assert.ok(e instanceof OpenAI.NotFoundError);
      assert.equal(e.code, 'model_not_found');
      assert.equal(e.param, 'model');
      return true;
    });
    for (const [wrong, param] of [
      [{ temperature: 9 }, 'temperature'],
      [{ n: 0 }, 'n'],
      [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'messages[0].content[0]'],
      [{ top_logprobs: 2 }, 'top_logprobs'],
      [{ logit_bias: { x: 1 } }, 'logit_bias'],
    ]) {
      await assert.rejects(client.chat.completions.create({ ...asked, ...wrong }), (e) => {
        assert.ok(e instanceof OpenAI.BadRequestError, String(e));
        assert.equal(e.type, 'invalid_request_error');
        assert.equal(e.param, param);
        return true;
      });
    }
  },

  // A proxy takes the router's whole answer to the first request and drops it: the client tries again by itself.
  async retry() {
    const target = new URL(baseURL);
    let posts = 0;
    const counts = [];
    const proxy = http.createServer((request, response) => {
      counts.push(request.headers['x-stainless-retry-count']);
      const drop = ++posts === 1;
      const onwards = http.request(
        { host: target.hostname, port: target.port, path: request.url, method: request.method, headers: request.headers },
        (answer) => {
          if (drop) {
            answer.resume();
            answer.on('end', () => request.socket.destroy());
          } else {
            response.writeHead(answer.statusCode, answer.headers);
            answer.pipe(response);
          }
        },
      );
      request.pipe(onwards);
    });
    await new Promise((done) => proxy.listen(0, '127.0.0.1', done));
    try {
      const through = new OpenAI({ baseURL: `http://127.0.0.1:${proxy.address().port}${target.pathname}`, apiKey: 'any' });
      const session = `retry-${run}`;
      const asked = { model, messages: story, max_tokens: 20, session, temperature: 1 };
      const answer = await through.chat.completions.create(asked);
      assert.equal(posts, 2);
      assert.deepEqual(counts, ['0', '1']);
      assert.match(answer.choices[0].message.content, /\S/);
      const next = await fetch(`${baseURL}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...asked, stream: true }),
      });
      const turns = new Set([...(await next.text()).matchAll(/^id: (\d+)\./gm)].map((id) => id[1]));
      assert.deepEqual([...turns], ['1'], 'the request that was sent twice made one turn');
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  },
};

(async () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await scenario();
    } catch (e) {
      console.error(`${name}: ${e.stack}`);
      process.exit(1);
    }
    console.log(`ok ${name}`);
  }
})();
