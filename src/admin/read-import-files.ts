import { Fault } from '../core/fault.ts'
import type { InterchangeFile } from '../interchange/imported.ts'

const mostFiles = 50_000

/**
 * `{"files": [{"path", "text"}]}` or `{"files": {"<path>": "<text>"}}` as files; any other body is one file by itself.
 *
 * @param textName of a body that is a text.
 * @param whole what the JSON of the body is, as a file by itself.
 */
export function readImportFiles(
  body: unknown,
  {
    textName = 'body.json',
    whole = (json) => json,
  }: { textName?: string | undefined; whole?: (json: unknown) => unknown },
): readonly InterchangeFile[] {
  if (typeof body === 'string') return [accepted({ path: textName, text: body }, 'body')]
  if (typeof body !== 'object' || body === null || !('files' in body) || !hasFiles(body.files))
    return [{ path: 'body.json', text: JSON.stringify(whole(body)) }]
  const further = Object.keys(body).find((name) => name !== 'files')
  if (further !== undefined) {
    throw new Fault(
      'invalid_request',
      `\`${further}\` must not stand beside \`files\`: send either files or the JSON itself.`,
      { param: further },
    )
  }
  const files: readonly unknown[] = Array.isArray(body.files)
    ? body.files
    : Object.entries<unknown>(body.files as Record<string, unknown>).map(([path, text]) => ({ path, text }))
  if (files.length > mostFiles)
    throw new Fault('invalid_request', `\`files\` must have at most ${mostFiles} entries.`, { param: 'files' })
  const paths = new Set<string>()
  return files.map((file, index) => {
    const { path, text } = accepted(file, `files[${index}]`)
    if (paths.has(path))
      throw new Fault('invalid_request', `\`files[${index}].path\` is there already. Send each file once.`, {
        param: `files[${index}].path`,
      })
    paths.add(path)
    return { path, text }
  })
}

/** Of Promptbox: one prompt, or a list of them, is a bundle too. */
export function asBundle(json: unknown): unknown {
  if (Array.isArray(json)) return { prompts: json }
  const isPrompt = typeof json === 'object' && json !== null && 'slug' in json && !('prompts' in json)
  return isPrompt ? { prompts: [json] } : json
}

/** A JSON of another system may have a member `files` too, but no texts by their paths. */
function hasFiles(files: unknown): files is object {
  if (Array.isArray(files)) return true
  if (typeof files !== 'object' || files === null) return false
  const texts = Object.values(files)
  return texts.length > 0 && texts.every((text) => typeof text === 'string')
}

/** Other words for the two members, as other APIs have them. */
const synonyms: Readonly<Record<string, 'path' | 'text'>> = { name: 'path', content: 'text' }

function accepted(file: unknown, field: string): InterchangeFile {
  const members = Object.entries(typeof file === 'object' && file !== null ? file : {}).map(
    ([name, value]) => [(Object.hasOwn(synonyms, name) ? synonyms[name] : undefined) ?? name, value] as const,
  )
  const unknown = members.find(([name]) => name !== 'path' && name !== 'text')
  if (new Set(members.map(([name]) => name)).size < members.length)
    throw new Fault(
      'invalid_request',
      `\`${field}\` says its name or its text twice. A file has \`path\` and \`text\`.`,
      {
        param: field,
      },
    )
  if (unknown !== undefined)
    throw new Fault(
      'invalid_request',
      `\`${field}.${unknown[0]}\` is not a known field. A file has \`path\` and \`text\`.`,
      { param: `${field}.${unknown[0]}` },
    )
  const { path, text } = Object.fromEntries(members) as Record<string, unknown>
  if (typeof path !== 'string' || path === '' || path.length > 1024)
    throw new Fault('invalid_request', `\`${field}.path\` must be the path of a file, of 1 to 1024 characters.`, {
      param: `${field}.path`,
    })
  if (typeof text !== 'string')
    throw new Fault('invalid_request', `\`${field}.text\` must be the text of the file.`, { param: `${field}.text` })
  return { path: path.replaceAll('\\', '/').replace(/^(?:\.?\/)+/, ''), text }
}
