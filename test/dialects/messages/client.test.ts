import Anthropic from '@anthropic-ai/sdk'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { messagesDialect } from '../../../src/dialects/messages/messages.ts'
import { chatChunk, open, requestOf, serverSentEvents, tellStream, tellWhole, usage, usageChunk } from './support.ts'

let server: Server | null = null

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Anthropic's own client, connected to a server that answers every request with this body. */
async function clientOf(contentType: string, body: string): Promise<Anthropic> {
  const started = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': contentType }).end(body))
  })
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const { port } = started.address() as AddressInfo
  return new Anthropic({ apiKey: 'key', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 })
}

const asked = { model: 'openai/gpt-5-mini', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hello' }] }
const chunks = [
  chatChunk({ role: 'assistant', content: '' }),
  chatChunk({ content: 'Hello ' }),
  chatChunk({ content: 'you' }),
  chatChunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'look', arguments: '' } }] }),
  chatChunk({ tool_calls: [{ index: 0, function: { arguments: '{"at":"it"}' } }] }),
  chatChunk({}, 'tool_calls'),
  usageChunk(),
]

describe('Anthropic’s own client', () => {
  it('streams an answer of chat', async () => {
    const client = await clientOf('text/event-stream', serverSentEvents(tellStream(chunks)))
    const heard: string[] = []
    const stream = client.messages.stream(asked).on('text', (delta) => heard.push(delta))
    const blocks: string[] = []
    stream.on('contentBlock', (block) => blocks.push(block.type))
    const message = await stream.finalMessage()
    expect(heard).toEqual(['Hello ', 'you'])
    expect(blocks).toEqual(['text', 'tool_use'])
    expect(message).toMatchObject({
      content: [
        { type: 'text', text: 'Hello you' },
        { type: 'tool_use', id: 'c1', name: 'look', input: { at: 'it' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 30, cache_read_input_tokens: 60, output_tokens: 40 },
    })
  })

  it('reads an answer in one piece', async () => {
    const choice = { index: 0, message: { role: 'assistant', content: 'Hello you' }, finish_reason: 'stop' }
    const sink = tellWhole({ model: 'gpt-5-mini', choices: [choice] }, usage)
    const client = await clientOf('application/json', sink.texts.join(''))
    const message = await client.messages.create(asked)
    expect(message).toMatchObject({ type: 'message', content: [{ text: 'Hello you' }], stop_reason: 'end_turn' })
  })

  it('goes on with the answer it got: what it sends back is understood', async () => {
    const client = await clientOf('text/event-stream', serverSentEvents(tellStream(chunks)))
    const { role, content } = await client.messages.stream(asked).finalMessage()
    const result = { type: 'tool_result', tool_use_id: 'c1', content: 'found' }
    const body = { ...asked, messages: [...asked.messages, { role, content }, { role: 'user', content: [result] }] }
    const text = JSON.stringify(body)
    const { members } = messagesDialect.toChat(JSON.parse(text), text)
    expect(JSON.parse(members.get('messages') ?? '')).toEqual([
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: 'Hello you',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":"it"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'found' },
    ])
  })

  it('does not take a stream without its end for a whole answer', async () => {
    const { sink, told } = open(requestOf())
    for (const chunk of chunks.slice(0, 3)) told.chunk(chunk)
    const error = JSON.stringify({ type: 'error', error: { type: 'api_error', message: 'The provider broke off.' } })
    const body = `${serverSentEvents(sink)}event: error\ndata: ${error}\n\n`
    const client = await clientOf('text/event-stream', body)
    await expect(client.messages.stream(asked).finalMessage()).rejects.toThrow('The provider broke off.')
  })
})
