import { Agent, type IncomingMessage, request as httpRequest } from 'node:http'

/** How one request went, as its client saw it. */
export interface Seen {
  readonly id: string
  readonly stream: boolean
  readonly status: number
  readonly provider: string
  /** Calls that were made for it, as its answer says. */
  readonly attempts: number
  readonly tookMs: number
  /** `whole`: as it should be. `told`: an error that says so. `cut`: it ended without a word, which must never happen. */
  readonly end: 'whole' | 'told' | 'cut'
}

export interface SteadyLoad {
  readonly url: string
  readonly key: string
  readonly model: string
  readonly perSecond: number
  /** Asked before each round of requests; the load ends when it says so. */
  readonly goOn: () => boolean
}

const roundMs = 25
let count = 0

/** Sends requests at an even pace, whatever becomes of them, every other one as a stream. Resolves when all are over. */
export async function steadyLoad(load: SteadyLoad): Promise<readonly Seen[]> {
  const agent = new Agent({ keepAlive: true })
  const running: Promise<Seen>[] = []
  const startedAt = performance.now()
  while (load.goOn()) {
    const due = ((performance.now() - startedAt) / 1000) * load.perSecond
    while (running.length < due) {
      count += 1
      running.push(ask(load, agent, `drill-${count}`, count % 2 === 0))
    }
    await new Promise((resolve) => setTimeout(resolve, roundMs))
  }
  const seen = await Promise.all(running)
  agent.destroy()
  return seen
}

function ask({ url, key, model }: SteadyLoad, agent: Agent, id: string, stream: boolean): Promise<Seen> {
  const text = JSON.stringify({ model, stream })
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-client-request-id': id,
  }
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const over = (status: number, provider: string, attempts: number, end: Seen['end']): void => {
      resolve({ id, stream, status, provider, attempts, tookMs: performance.now() - startedAt, end })
    }
    const outgoing = httpRequest(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      void readWhole(response).then((body) => {
        const provider = String(response.headers['x-promptbox-provider'] ?? '')
        const attempts = Number(response.headers['x-promptbox-attempts'] ?? 0)
        over(response.statusCode ?? 0, provider, attempts, endOf(response.statusCode ?? 0, stream, body))
      })
    })
    outgoing.on('error', () => {
      over(0, '', 0, 'cut')
    })
    outgoing.end(text)
  })
}

/** null: the connection broke off. */
async function readWhole(response: IncomingMessage): Promise<string | null> {
  response.setEncoding('utf8')
  let body = ''
  try {
    for await (const piece of response) body += String(piece)
    return body
  } catch {
    return null
  }
}

function endOf(status: number, stream: boolean, body: string | null): Seen['end'] {
  if (body === null) return 'cut'
  if (status !== 200) return isErrorEnvelope(body) ? 'told' : 'cut'
  if (!stream) return body.includes('"finish_reason":"stop"') ? 'whole' : 'cut'
  if (body.endsWith('data: [DONE]\n\n')) return 'whole'
  const last = body.trimEnd().split('\n\n').at(-1) ?? ''
  return last.startsWith('data: ') && isErrorEnvelope(last.slice('data: '.length)) ? 'told' : 'cut'
}

function isErrorEnvelope(text: string): boolean {
  try {
    const value = JSON.parse(text) as { readonly error?: { readonly message?: unknown; readonly code?: unknown } }
    return typeof value.error?.message === 'string'
  } catch {
    return false
  }
}
