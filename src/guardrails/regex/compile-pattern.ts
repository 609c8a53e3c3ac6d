import { RE2JS } from 're2js'
import { Fault } from '../../core/fault.ts'
import { reachOf } from './pattern-search.ts'
import { type PatternFacts, factsOf } from './program.ts'

export const longestPattern = 1_000
/** Instructions of one pattern. A character of text costs at most so many steps. */
const largestProgram = 1_000
/** What is estimated of a pattern before it is compiled: compiling has to be quick too. */
const largestEstimate = 2_000

export interface CompiledPattern extends PatternFacts {
  readonly pattern: RE2JS
}

const flagValues = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL } as const
type Flag = keyof typeof flagValues

/**
 * @param flags of `i`, `m` and `s`.
 * @param param the field that has it, for the message.
 * @throws Fault `invalid_request` saying what RE2 cannot run, and what to write instead.
 */
export function compilePattern(source: string, flags: string, param: string): CompiledPattern {
  const refuse = (problem: string): Fault =>
    new Fault('invalid_request', `The pattern in \`${param}\` ${problem}.`, { param })
  if (estimateSize(source) > largestEstimate) throw refuse(tooLarge)
  let pattern: RE2JS
  try {
    const bits = [...new Set(flags)].reduce((sum, flag) => sum | flagValues[flag as Flag], 0)
    pattern = RE2JS.compile(source, bits)
  } catch (error) {
    throw refuse(explain(source, error))
  }
  const facts = factsOf(pattern)
  if (facts.size > largestProgram) throw refuse(tooLarge)
  if (facts.shortest === 0)
    throw refuse(
      'fits the empty text, so it would be found everywhere: ask for one character at least, with `+` for `*`',
    )
  if (facts.shortest === Infinity) throw refuse('can never be found: one of its classes has no character in it')
  if (facts.shortest > reachOf(facts))
    throw refuse(
      `needs ${facts.shortest} characters at least, and one of its size is looked for in ${reachOf(facts)}: repeat less, or without a count`,
    )
  return { pattern, ...facts }
}

const tooLarge = `is too large: counted repeats are written out before it runs, and then it has more than ${largestProgram} steps. Repeat less, as in \`{1,64}\`, or without a count, as in \`+\``

/** What RE2 leaves out so that no pattern can take for ever, by how it begins. The first that stands in a pattern is told. */
const unsupported: readonly (readonly [RegExp, string])[] = [
  [
    /\(\?(?:=|!|<=|<!)/,
    'uses look-around (`(?=`, `(?!`, `(?<=`, `(?<!`), which RE2 does not have: write what stands around as a part of the pattern, or use `\\b` for the border of a word',
  ],
  [
    /\\[1-9]|\\k[<{']|\(\?P=/,
    'uses a back-reference (`\\1`, `\\k<name>`), which RE2 does not have: write the part out a second time',
  ],
  [
    /\(\?>|[*+?}]\+/,
    'uses a possessive quantifier or an atomic group (`a++`, `(?>a)`), which RE2 does not have and does not need: leave the second `+` or the `?>` out',
  ],
  [
    /\(\?(?:\(|R\)|\d\)|&)/,
    'uses a condition or recursion, which RE2 does not have: write the alternatives out with `|`',
  ],
  [/\(\?#|\(\?[a-z]*x/, 'uses comments or the flag `x`, which RE2 does not have: leave comments and white space out'],
  [/\\u/, 'uses `\\u`, which RE2 does not have: write `\\x{e9}` for `\\u00e9`'],
  [/\\Z/, 'uses `\\Z`, which RE2 does not have: write `\\z` for the end of the text'],
  [/\\[hR]/, 'uses `\\h` or `\\R`, which RE2 does not have: write `[ \\t]` or `\\r?\\n`'],
  [/\\[GKX]/, 'uses `\\G`, `\\K` or `\\X`, which RE2 does not have: leave it out'],
  [/\\[pP]\{\w+=/, 'uses `\\p{Script=…}`: RE2 wants the name alone, such as `\\p{Greek}`'],
]

function explain(source: string, error: unknown): string {
  const known = unsupported.find(([sign]) => sign.test(source))
  if (known !== undefined) return known[1]
  const said = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
  if (said.startsWith('invalid repeat count'))
    return 'repeats too often: a counted repeat may go up to 1000, those inside of it multiplied. Write `+` or `*` for no bound'
  return `cannot be read: ${said}`
}

/** Unicode classes are slow to compile, so they count as so many characters. */
const classCost = 20
const counted = /\{(\d{1,6})(?:,(\d{0,6}))?\}/y
const braced = /\\[pPx]\{[^}]{0,64}\}/y

/** Roughly how many steps a pattern is written out to. Never throws, whatever the pattern is. */
function estimateSize(source: string): number {
  /** Sizes of what stands before each open group. */
  const open: number[] = []
  let sum = 0
  let last = 0
  const add = (size: number): void => {
    last = size
    sum += size
  }
  for (let at = 0; at < source.length; at++) {
    switch (source.charAt(at)) {
      case '\\': {
        const isClass = /[pP]/.test(source.charAt(at + 1))
        at += matchAt(braced, source, at)?.[0].length ?? 2
        at -= 1
        add(isClass ? classCost : 1)
        break
      }
      case '[': {
        const end = classEnd(source, at)
        add(1 + classCost * (source.slice(at, end).split(/\\[pP]/).length - 1))
        at = end - 1
        break
      }
      case '(':
        open.push(sum)
        sum = 0
        break
      case ')': {
        const inner = sum + 2
        sum = open.pop() ?? 0
        add(inner)
        break
      }
      case '{': {
        const repeat = matchAt(counted, source, at)
        if (repeat === null) {
          add(1)
          break
        }
        const times = Math.max(1, Number(repeat[1]), Number(repeat[2] ?? 0))
        sum += last * (times - 1)
        last *= times
        at += repeat[0].length - 1
        break
      }
      default:
        add(1)
    }
  }
  return open.reduce((total, size) => total + size, sum)
}

function matchAt(sticky: RegExp, source: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(source)
}

/** Behind the bracket that closes a class. */
function classEnd(source: string, start: number): number {
  let at = start + 1
  if (source.charAt(at) === '^') at += 1
  if (source.charAt(at) === ']') at += 1
  for (; at < source.length && source.charAt(at) !== ']'; at++) if (source.charAt(at) === '\\') at += 1
  return Math.min(source.length, at + 1)
}
