import './check-node.mjs'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packages, rooms } from './arrows.mjs'

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))
const importPattern =
  /^[ \t]*(?:import|export)\s+(type\s)?[^'"]*?from\s*'([^']+)'|^[ \t]*import\s*'([^']+)'|\b(?:import|require)\(\s*'([^']+)'/gm

/** `src/prompts/template.ts` → `src/prompts`; a file right under src/ belongs to the composition root. */
function roomOf(file) {
  const [top, second, third] = file.split('/')
  if (top !== 'src') return top
  return third === undefined ? 'root' : `src/${second}`
}

function mayImport(room, target, typeOnly) {
  return rooms[room].may.some((entry) => {
    const needsType = entry.startsWith('types:')
    const allowed = needsType ? entry.slice('types:'.length) : entry
    return (!needsType || typeOnly) && (allowed === target || allowed === roomOf(target))
  })
}

function problemOf(file, specifier, typeOnly) {
  const room = roomOf(file)
  if (!specifier.startsWith('.')) {
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    const rule = packages.find(({ names }) => names.includes(name))
    if (
      rule === undefined ||
      rule.only.some((place) => file === place || (place.endsWith('/') && file.startsWith(place)))
    )
      return null
    return `must not import "${name}": only ${rule.only.join(', ')} may, because ${rule.because}.`
  }
  const target = posix.normalize(posix.join(posix.dirname(file), specifier))
  const targetRoom = roomOf(target)
  if (room === 'root' || targetRoom === room) return null
  if (targetRoom === 'root' && typeOnly && target === 'src/config.ts') return null
  if (mayImport(room, target, typeOnly)) return null
  const allowed = rooms[room].may.length === 0 ? 'nothing of ours' : `only ${rooms[room].may.join(', ')}`
  return `must not import ${target}${typeOnly ? ' (as a type)' : ''}: ${room}/ may import ${allowed}, because ${rooms[room].because}.`
}

const problems = []
let imports = 0
for (const folder of ['src', 'db']) {
  for (const entry of readdirSync(join(root, folder), { recursive: true })) {
    const file = `${folder}/${entry.replaceAll('\\', '/')}`
    if (!file.endsWith('.ts')) continue
    const room = roomOf(file)
    if (room !== 'root' && rooms[room] === undefined) {
      problems.push(
        `${file}: ${dirname(file)}/ is a room without arrows. Give it a row in scripts/arrows.mjs and in ARCHITECTURE.md.`,
      )
      continue
    }
    const text = readFileSync(join(root, file), 'utf8')
    for (const match of text.matchAll(importPattern)) {
      imports += 1
      const line = text.slice(0, match.index).split('\n').length
      const problem = problemOf(file, match[2] ?? match[3] ?? match[4], match[1] !== undefined)
      if (problem !== null) problems.push(`${file}:${line} ${problem}`)
    }
  }
}

if (imports === 0) problems.push('No import was found at all: the check looked in the wrong place.')
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`The arrows hold (${imports} imports).`)
