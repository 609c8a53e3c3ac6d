import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { askOverHttp } from './ask-over-http.ts'
import { CommandError, exitCodes } from './command.ts'

/** JSON as the admin API answers it; commands read what they show and pass on the rest. */
export type Json = Readonly<Record<string, unknown>>

export interface AdminRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/admin/v1`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
}

/** The admin API of one server, as a command sees it. */
export interface AdminClient {
  /** Throws a CommandError that says what the server said, or that it cannot be reached. */
  send(request: AdminRequest): Promise<Json>
  /** Follows a list to its end. */
  all(path: string, query?: AdminRequest['query']): Promise<readonly Json[]>
}

export interface AdminClientOptions {
  readonly url: string
  readonly key: () => Promise<string>
  readonly timeoutMs: number
}

const largestPage = '200'

export function createAdminClient({ url, key, timeoutMs }: AdminClientOptions): AdminClient {
  const base = `${url.replace(/\/+$/, '')}/admin/v1`

  async function send({ method, path, query = {}, body }: AdminRequest): Promise<Json> {
    const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
    const search = new URLSearchParams(given).toString()
    const address = `${base}${path}${search === '' ? '' : `?${search}`}`
    const headers = { authorization: `Bearer ${await key()}`, 'content-type': 'application/json' }
    const content = body === undefined ? undefined : JSON.stringify(body)
    let response: Awaited<ReturnType<typeof askOverHttp>>
    try {
      response = await askOverHttp({ method, url: address, headers, body: content, timeoutMs })
    } catch (error) {
      throw new CommandError(
        `${url} cannot be reached: ${reasonOf(error)}. Is Promptbox running there? --url or PROMPTBOX_URL says where it is.`,
        exitCodes.unreachable,
      )
    }
    const answer = parsed(response.text, address)
    if (response.status >= 200 && response.status < 300) return answer
    throw refusal(response.status, answer)
  }

  return {
    send,
    async all(path, query = {}) {
      const rows: Json[] = []
      let cursor: string | undefined
      do {
        const page = await send({ method: 'GET', path, query: { limit: largestPage, ...query, cursor } })
        rows.push(...(page['data'] as readonly Json[]))
        cursor = typeof page['next_cursor'] === 'string' ? page['next_cursor'] : undefined
      } while (cursor !== undefined)
      return rows
    },
  }
}

/**
 * PROMPTBOX_ADMIN_KEY, else what a Promptbox of this machine keeps in its data directory. The latter goes to this machine
 * alone: no other server is told the key of this one because somebody named its address.
 */
export async function findAdminKey(
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
  url: string,
): Promise<string> {
  const said = environment['PROMPTBOX_ADMIN_KEY']
  if (said !== undefined && said !== '') return said
  if (!isThisMachine(new URL(url).hostname)) {
    throw new CommandError(
      `There is no admin key for ${url}: set PROMPTBOX_ADMIN_KEY, or give --key. (The one in the data directory is that of the Promptbox on this machine, and is not sent elsewhere.)`,
      exitCodes.usage,
    )
  }
  const file = resolve(directory, environment['PROMPTBOX_DATA_DIR'] || '.data', 'admin-key')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch {
    throw new CommandError(
      `There is no admin key: set PROMPTBOX_ADMIN_KEY, or give --key. (${file}, where a Promptbox that runs here keeps its own, cannot be read.)`,
      exitCodes.usage,
    )
  }
}

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Where a name has several addresses and none answers, the message is empty.
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}

function parsed(text: string, address: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Json
  } catch {
    // Said below: whatever it is, it is no answer of the admin API.
  }
  throw new CommandError(
    `${address} did not answer as the admin API of a Promptbox does. Is --url or PROMPTBOX_URL right?`,
    exitCodes.unreachable,
  )
}

function refusal(status: number, answer: Json): CommandError {
  const error = (answer['error'] ?? {}) as Json
  const message = typeof error['message'] === 'string' ? error['message'] : `The server answered ${status}.`
  const details = { status, code: error['code'] ?? null, param: error['param'] ?? null }
  return new CommandError(message, status >= 500 ? exitCodes.unreachable : exitCodes.refused, details)
}
