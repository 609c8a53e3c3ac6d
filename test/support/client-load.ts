import { Agent, type IncomingMessage, request as httpRequest } from 'node:http'

/** One kind of request of a load. */
export interface LoadRequest {
  readonly body: Readonly<Record<string, unknown>>
  /** Status that is right for it. Default 200. */
  readonly status?: number
  /** The client goes away when it has read so many characters of the answer. */
  readonly hangUpAfter?: number
}

/** Requests that are sent all the time, by clients that each wait for their answer. */
export interface ClientLoad {
  /** Ids of the answers whose end was seen: whole bodies, and streams whose `[DONE]` was read. */
  readonly ended: readonly string[]
  /** What went wrong, each with its time. */
  readonly failures: readonly string[]
  /** Clients that hung up on purpose. */
  readonly hungUp: number
  /** No new requests; resolves when the open ones have ended. */
  stop(): Promise<void>
}

export interface ClientLoadOptions {
  readonly url: string
  readonly key: string
  readonly clients: number
  readonly requests: readonly LoadRequest[]
}

/** The usual mixture: whole answers and streams, short and paced. */
export const mixedRequests: readonly LoadRequest[] = [
  { body: { model: 'mock/echo', messages: [{ role: 'user', content: 'Say something in one piece.' }] } },
  { body: { model: 'mock/tokens-30', stream: true, messages: [{ role: 'user', content: 'Say thirty words.' }] } },
  {
    body: {
      model: 'mock/slow-2',
      stream: true,
      messages: [{ role: 'user', content: 'Say this slowly, a word at a time.' }],
    },
  },
]

export function startClientLoad(options: ClientLoadOptions): ClientLoad {
  const { url, key, clients, requests } = options
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const ended: string[] = []
  const failures: string[] = []
  let hungUp = 0
  let stopped = false
  let count = 0

  async function client(): Promise<void> {
    while (!stopped) {
      const request = requests[count++ % requests.length]
      if (request === undefined) return
      try {
        const answer = await exchange(`${url}/v1/chat/completions`, key, request, agent, (id) => ended.push(id))
        if (answer === 'hung up') hungUp += 1
      } catch (error) {
        failures.push(`${new Date().toISOString()} ${String(error)}`)
        // A server that is gone refuses at once; asking it all the time would leave no time for anything else.
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }

  const all = Promise.all(Array.from({ length: clients }, client))
  return {
    ended,
    failures,
    get hungUp() {
      return hungUp
    },
    async stop() {
      stopped = true
      await all
      agent.destroy()
    },
  }
}

/** One request; says its id in the moment in which the client knows that the answer is whole. */
function exchange(
  url: string,
  key: string,
  { body, status = 200, hangUpAfter }: LoadRequest,
  agent: Agent,
  onEnd: (requestId: string) => void,
): Promise<'ended' | 'hung up'> {
  const text = JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  }
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method: 'POST', agent, headers }, (response: IncomingMessage) => {
      const requestId = String(response.headers['x-request-id'])
      const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true
      let answer = ''
      let isDone = false
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('data', (piece: string) => {
        answer += piece
        if (hangUpAfter !== undefined && answer.length >= hangUpAfter) {
          resolve('hung up')
          response.destroy()
        } else if (isStream && !isDone && answer.endsWith('data: [DONE]\n\n')) {
          isDone = true
          onEnd(requestId)
        }
      })
      response.on('end', () => {
        if (response.statusCode !== status) return reject(new Error(`${response.statusCode} ${answer.slice(0, 300)}`))
        if (!isStream) onEnd(requestId)
        else if (!isDone) return reject(new Error(`a stream without its end: ${answer.slice(-300)}`))
        resolve('ended')
      })
    })
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}
