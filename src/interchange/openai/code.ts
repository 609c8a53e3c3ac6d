/** One call in somebody's code that asks for a prompt, as far as it can be told without running the code. */
export interface CodeReference {
  readonly id: string | undefined
  readonly version: number | undefined
  readonly variables: readonly string[]
  readonly model: string | undefined
  readonly instructions: string | undefined
  readonly input: string | undefined
  /** Those of `instructions`, `input` and `model` that the code puts together, so that nobody knows them before it runs. */
  readonly computed: readonly string[]
  /** Names of arguments that are not read. */
  readonly others: readonly string[]
}

const maxCalls = 100

/** Calls of `responses.create(…)` in JavaScript, TypeScript, Python, or the JSON of a curl command. */
export function referencesInCode(code: string): readonly CodeReference[] {
  const calls = [...code.matchAll(/responses\s*\.\s*(?:create|stream|parse)\s*\(/g)]
    .slice(0, maxCalls)
    .map((match) => bracketed(code, match.index + match[0].length - 1))
  const bodies = calls.length > 0 ? calls : jsonBodies(code)
  return bodies.flatMap((body) => {
    const reference = readCall(body)
    const says = [reference.id, reference.instructions, reference.input].some((each) => each !== undefined)
    return says || reference.computed.some((name) => name !== 'model') ? [reference] : []
  })
}

/** Objects in a text that is no program: those that hold a `pmpt_…` id, from the brace that opens the whole. */
function jsonBodies(code: string): readonly string[] {
  const at = code.search(/["']?prompt["']?\s*[:=]\s*\{/)
  const open = at === -1 ? -1 : code.lastIndexOf('{', at)
  return open === -1 ? [] : [bracketed(code, open)]
}

function readCall(call: string): CodeReference {
  const inner = call.trim().replace(/^\{|\}$/g, '')
  const members = membersOf(inner)
  const prompt = members.get('prompt') ?? ''
  const parts = membersOf(prompt.trim().replace(/^\{|\}$/g, ''))
  const variables = [...membersOf((parts.get('variables') ?? '').trim().replace(/^\{|\}$/g, '')).keys()]
  const version = Number(literal(parts.get('version')) ?? parts.get('version') ?? Number.NaN)
  const known = new Set(['prompt', 'model', 'instructions', 'input'])
  return {
    id: literal(parts.get('id')) ?? literal(parts.get('prompt_id')),
    version: Number.isInteger(version) && version > 0 ? version : undefined,
    variables,
    model: literal(members.get('model')),
    instructions: literal(members.get('instructions')),
    input: literal(members.get('input')),
    computed: ['instructions', 'input', 'model'].filter(
      (name) => members.has(name) && literal(members.get(name)) === undefined,
    ),
    others: [...members.keys()].filter((name) => !known.has(name)),
  }
}

/** What stands between the bracket at `open` and the one that closes it; all the rest when none does. */
function bracketed(code: string, open: number): string {
  let depth = 0
  for (const { index, character } of significant(code, open)) {
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
    if (depth === 0) return code.slice(open + 1, index)
  }
  return code.slice(open + 1)
}

/** `name: value` and `name=value` pairs at the outermost level, values as they are written. */
function membersOf(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  const object = text.trim()
  const inner = object.startsWith('{') ? bracketed(object, 0) : text
  let depth = 0
  let start = 0
  const take = (end: number): void => {
    const [, quoted, bare, value] =
      /^\s*(?:["']([^"'\n]+)["']|([\w$]+))\s*[:=]\s*([\s\S]*?)\s*$/.exec(inner.slice(start, end)) ?? []
    const name = quoted ?? bare
    const short = /^\s*([\w$]+)\s*$/.exec(inner.slice(start, end))?.[1]
    if (name !== undefined && value !== undefined) members.set(name, value)
    else if (short !== undefined) members.set(short, '')
    start = end + 1
  }
  for (const { index, character } of significant(inner, 0)) {
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
    if (character === ',' && depth === 0) take(index)
  }
  take(inner.length)
  return members
}

/** The characters from `start` on that are no part of a text or comment. */
function* significant(code: string, start: number): Generator<{ readonly index: number; readonly character: string }> {
  const skipped =
    /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\//y
  for (let index = start; index < code.length; index++) {
    skipped.lastIndex = index
    const text = skipped.exec(code)
    if (text !== null) index += text[0].length - 1
    else yield { index, character: code.charAt(index) }
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** The text of a literal without holes; undefined for whatever is computed. */
function literal(value: string | undefined): string | undefined {
  const match =
    /^(?:"""([\s\S]*)"""|'''([\s\S]*)'''|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|`((?:\\[\s\S]|[^`\\$])*)`)$/.exec(
      value?.trim() ?? '',
    )
  const inner = match?.slice(1).find((group) => group !== undefined)
  return inner?.replaceAll(/\\([\s\S])/g, (_whole, character: string) => escapes[character] ?? character)
}
