import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst, transformWithEsbuild } from 'vite'

/** What the titles of one file's tests say, those of the groups around them and of their rows included. */
export interface FileTitles {
  /** From the root of the repository. */
  readonly file: string
  readonly titles: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const testFunctions = new Set(['describe', 'it', 'test'])

/** The titles of every test under `folder`, read from the sources without running them. */
export async function testTitles(folder: string): Promise<readonly FileTitles[]> {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
  return Promise.all(
    files.map(async (file) => ({ file, titles: await titlesOf(readFileSync(join(root, file), 'utf8'), file) })),
  )
}

/**
 * The titles in one source: the first argument of `it(…)`, `test.skipIf(…)(…)` and their like, and of `it.each(rows)(…)` every
 * text in the rows too, because a title may take its id from there.
 */
export async function titlesOf(source: string, file: string): Promise<readonly string[]> {
  const { code } = await transformWithEsbuild(source, file, { loader: 'ts' })
  const titles: string[] = []
  visit(parseAst(code), (node) => {
    if (node['type'] !== 'CallExpression' || !isTestFunction(node['callee'])) return
    const [title] = argumentsOf(node)
    titles.push(...textsIn(title))
    const { callee } = node as { callee: Node }
    if (callee['type'] === 'CallExpression') for (const rows of argumentsOf(callee)) titles.push(...textsIn(rows))
  })
  return titles
}

interface Node {
  readonly [name: string]: unknown
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) visit(item, see)
    return
  }
  if (!isNode(value)) return
  see(value)
  for (const child of Object.values(value)) visit(child, see)
}

/** `it`, `it.each`, `it.each(rows)`, `describe.skipIf(absent).each(rows)` and so on. */
function isTestFunction(callee: unknown): boolean {
  if (!isNode(callee)) return false
  if (callee['type'] === 'Identifier') return testFunctions.has(String(callee['name']))
  if (callee['type'] === 'MemberExpression') return isTestFunction(callee['object'])
  return callee['type'] === 'CallExpression' && isTestFunction(callee['callee'])
}

const argumentsOf = (node: Node): readonly unknown[] => node['arguments'] as readonly unknown[]

function textsIn(value: unknown): readonly string[] {
  const texts: string[] = []
  visit(value, (node) => {
    if (node['type'] === 'Literal' && typeof node['value'] === 'string') texts.push(node['value'])
    if (node['type'] === 'TemplateElement') texts.push((node['value'] as { readonly raw: string }).raw)
  })
  return texts
}
