import type { RE2JS } from 're2js'

/** What is known of a compiled pattern before it reads any text. */
export interface PatternFacts {
  /** Instructions of its program: what one character can cost at most is proportional to it. */
  readonly size: number
  /** Code points of its shortest match. */
  readonly shortest: number
  /** Code points of its longest match; Infinity: there is no bound. */
  readonly longest: number
  /** A match may have a line break in it. */
  readonly crossesLines: boolean
  /** Asks somewhere whether the line or the text ends. */
  readonly asksForEnd: boolean
}

/** What is read of a program of re2js, whose types leave it open. Its version is pinned; a test holds these numbers. */
interface Instruction {
  readonly op: number
  readonly out: number
  readonly arg: number
  readonly runes: ArrayLike<number>
}
interface Program {
  readonly start: number
  readonly inst: readonly Instruction[]
}
/** Two ways on; both of them are tried. */
const alternatives = [1, 2]
/** Way on without a character: a group, a border, nothing. */
const passes = [3, 4, 7]
const assertion = 4
/** Bits of an assertion: the end of a line, the end of the text. */
const endings = 2 | 8
const failure = 5
const match = 6
/** Take one character: of a list, one certain, any, any but a line break. */
const rune = 8
const rune1 = 9
const runeAny = 10
const runeAnyButLineBreak = 11

const lineBreak = 10

/** Reads off the program how long matches are and whether they cross lines. What it does not know counts as unbounded. */
export function factsOf(pattern: RE2JS): PatternFacts {
  const program = pattern.re2().prog as Program
  const size = program.inst.length
  const unknown = { size, shortest: 1, longest: Infinity, crossesLines: true, asksForEnd: true }
  const order = orderOf(program)
  if (order === null) return unknown
  const { reachable, hasCycle } = order
  const instructions = reachable.flatMap((at) => program.inst[at] ?? [])
  const crossesLines = instructions.some(takesLineBreak)
  const asksForEnd = instructions.some(({ op, arg }) => op === assertion && (arg & endings) !== 0)
  const shortest = shortestOf(program, reachable)
  const longest = hasCycle ? Infinity : longestOf(program, reachable)
  return { size, shortest, longest, crossesLines, asksForEnd }
}

const isTaking = (op: number): boolean => op >= rune && op <= runeAnyButLineBreak

/** Where a program may go on from here; null: an instruction that is not known. */
function nextOf(instruction: Instruction): readonly number[] | null {
  const { op, out, arg } = instruction
  if (op === failure || op === match) return []
  if (alternatives.includes(op)) return [out, arg]
  if (passes.includes(op) || isTaking(op)) return [out]
  return null
}

function takesLineBreak({ op, runes }: Instruction): boolean {
  if (op === runeAny) return true
  if (op !== rune && op !== rune1) return false
  // One character may be written alone, otherwise they are pairs of ends.
  if (runes.length === 1) return runes[0] === lineBreak
  for (let index = 0; index + 1 < runes.length; index += 2)
    if ((runes[index] ?? 0) <= lineBreak && lineBreak <= (runes[index + 1] ?? 0)) return true
  return false
}

interface Order {
  /** Every instruction that can be reached, each behind all it leads to when there is no cycle. */
  readonly reachable: readonly number[]
  /** Some way leads back to where it was. */
  readonly hasCycle: boolean
}

/** Depth first, without recursion: a program may be long. */
function orderOf(program: Program): Order | null {
  const state = new Uint8Array(program.inst.length)
  const reachable: number[] = []
  let hasCycle = false
  const stack: { readonly at: number; readonly next: readonly number[]; tried: number }[] = []
  function enter(at: number): boolean {
    const instruction = program.inst[at]
    const next = instruction === undefined ? null : nextOf(instruction)
    if (next === null) return false
    state[at] = 1
    stack.push({ at, next, tried: 0 })
    return true
  }
  if (!enter(program.start)) return null
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const to = top.next[top.tried]
    top.tried += 1
    if (to === undefined) {
      state[top.at] = 2
      reachable.push(top.at)
      stack.pop()
    } else if (state[to] === 1) {
      hasCycle = true
    } else if (state[to] === 0 && !enter(to)) {
      return null
    }
  }
  return { reachable, hasCycle }
}

function longestOf(program: Program, reachable: readonly number[]): number {
  const longest = new Float64Array(program.inst.length).fill(-Infinity)
  for (const at of reachable) {
    const instruction = program.inst[at]
    if (instruction === undefined) continue
    if (instruction.op === match) longest[at] = 0
    for (const to of nextOf(instruction) ?? []) {
      const way = (longest[to] ?? -Infinity) + (isTaking(instruction.op) ? 1 : 0)
      if (way > (longest[at] ?? -Infinity)) longest[at] = way
    }
  }
  return Math.max(0, longest[program.start] ?? 0)
}

/** Breadth first over characters: what can be reached with none, with one, and so on. */
function shortestOf(program: Program, reachable: readonly number[]): number {
  const seen = new Uint8Array(program.inst.length)
  let level: number[] = [program.start]
  for (let taken = 0; taken <= reachable.length; taken++) {
    const later: number[] = []
    for (let at = level.pop(); at !== undefined; at = level.pop()) {
      if (seen[at] === 1) continue
      seen[at] = 1
      const instruction = program.inst[at]
      if (instruction === undefined) continue
      if (instruction.op === match) return taken
      const to = isTaking(instruction.op) ? later : level
      to.push(...(nextOf(instruction) ?? []))
    }
    level = later
  }
  // Nothing is ever found by it.
  return Infinity
}
