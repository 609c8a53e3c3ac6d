import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse, type ScalarTag } from 'yaml'
import type { RecordedExchange } from './recordings.ts'

const root = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'wire-fixtures')

/** Every recorded exchange with the Responses API. */
export function responsesExchanges(): readonly RecordedExchange[] {
  const found: RecordedExchange[] = []
  for (const folder of readdirSync(root, { withFileTypes: true })) {
    if (!folder.isDirectory() || folder.name.startsWith('_')) continue
    for (const file of readdirSync(join(root, folder.name)).sort()) {
      if (!/\.(?:ya?ml|json|txt)$/.test(file)) continue
      const text = readFileSync(join(root, folder.name, file), 'utf8')
      const name = `${folder.name}/${file}`
      if (/\.ya?ml$/.test(file)) found.push(...cassette(name, text))
      else if (file.startsWith('openai__responses__')) found.push(fixture(name, file, text))
    }
  }
  return found
}

/** Ruby writes bytes that are not ASCII under a tag of its own. */
const binary: ScalarTag = { tag: '!binary', resolve: (text) => Buffer.from(text, 'base64') }

interface Interaction {
  readonly request: { readonly uri?: string; readonly url?: string }
  readonly response: {
    readonly status: { readonly code: number }
    readonly headers: Readonly<Record<string, string | readonly string[]>>
    readonly body?: { readonly string: string | Uint8Array }
    readonly parsed_body?: unknown
  }
}

function cassette(name: string, text: string): RecordedExchange[] {
  if (!text.includes('/responses')) return []
  const document = parse(text, { customTags: [binary] }) as Record<string, readonly Interaction[] | undefined>
  const interactions = document['http_interactions'] ?? document['interactions'] ?? []
  return interactions.flatMap(({ request, response }, number) => {
    const url = request.uri ?? request.url ?? ''
    if (!/\/v1\/responses(?:$|\?)/.test(url)) return []
    const content = response.body?.string ?? JSON.stringify(response.parsed_body)
    const type = Object.entries(response.headers).find(([header]) => header.toLowerCase() === 'content-type')?.[1]
    return [
      {
        name: `${name}#${number}`,
        url,
        status: response.status.code,
        headers: { 'content-type': typeof type === 'string' ? type : (type?.[0] ?? 'application/json') },
        body: unzipped(Buffer.from(content as Uint8Array)),
      },
    ]
  })
}

/** Events one per line without their framing, or a body. */
function fixture(name: string, file: string, text: string): RecordedExchange {
  const common = { name, url: 'openai', status: file.includes('temperature-error') ? 400 : 200 }
  if (file.endsWith('.json'))
    return { ...common, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) }
  const framed = text
    .split('\n')
    .filter((line) => line !== '')
    .map(mended)
    .map((line) => `event: ${(JSON.parse(line) as { type: string }).type}\ndata: ${line}\n\n`)
  return {
    ...common,
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    body: Buffer.from(framed.join('')),
  }
}

/** One recording lost the last brace of two of its lines; nothing else may be wrong with any of them. */
function mended(line: string): string {
  try {
    JSON.parse(line)
    return line
  } catch {
    const whole = `${line}}`
    JSON.parse(whole)
    return whole
  }
}

/** What is decoded on its way to the answer. */
function unzipped(body: Buffer): Buffer {
  return body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body
}
