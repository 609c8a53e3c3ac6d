import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A document of the repository, by its path from the root. */
export function readDocument(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')
}

export interface CommandBlock {
  /** First line, from 1. */
  readonly line: number
  readonly script: string
  /** What the document says it answers: the block of another language that follows, if one does. null: nothing. */
  readonly answer: string | null
}

/** The shell blocks (`sh`) of a document that call curl, in their order. */
export function commandBlocks(markdown: string): readonly CommandBlock[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    start: match.index,
    end: match.index + match[0].length,
  }))
  return blocks.flatMap((block, index) => {
    if (block.language !== 'sh' || !/^\s*curl /m.test(block.text)) return []
    const next = blocks[index + 1]
    const follows = next !== undefined && next.language !== 'sh' && markdown.slice(block.end, next.start).trim() === ''
    return [
      {
        line: markdown.slice(0, block.start).split('\n').length,
        script: block.text,
        answer: follows ? next.text : null,
      },
    ]
  })
}

/** The rows of every table of a document whose first cell is one code span, by that span; cells without outer space. */
export function tableRows(markdown: string): ReadonlyMap<string, readonly string[]> {
  const rows = new Map<string, readonly string[]>()
  for (const line of markdown.split('\n')) {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    const name = /^`([^`]+)`$/.exec(cells[0] ?? '')?.[1]
    if (name === undefined) continue
    if (rows.has(name)) throw new Error(`\`${name}\` has two rows`)
    rows.set(name, cells)
  }
  return rows
}
