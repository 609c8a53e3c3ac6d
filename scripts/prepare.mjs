import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The clone these scripts lie in. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs `npm ci` unless node_modules already holds exactly what package-lock.json asks for. */
export function install({ quiet = false } = {}) {
  if (isInstalled()) return
  if (!quiet) console.log('Installing dependencies; this is done once and takes a minute …')
  const npm = process.env.npm_execpath
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev']
  const environment = { ...process.env }
  // What the outer npm was asked to do must not reach the inner one.
  for (const name of Object.keys(environment))
    if (/^npm_(config_(omit|production|only|include)|lifecycle|package)/i.test(name)) delete environment[name]
  delete environment.NODE_ENV
  const options = { cwd: root, env: environment, stdio: quiet ? 'ignore' : ['ignore', 'ignore', 'inherit'] }
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
  if (result.status === 0) return
  console.error(
    `The dependencies could not be installed (${result.error?.message ?? `npm ci ended with ${result.status}`}). Check the network and what npm says above, then run the command again.`,
  )
  process.exit(1)
}

/** npm writes down what it has installed when it is done; every package of the lockfile has to be there in its version. */
function isInstalled() {
  const wanted = readJson('package-lock.json')?.packages
  const found = readJson('node_modules/.package-lock.json')?.packages
  if (wanted === undefined) {
    console.error(
      'package-lock.json is missing or broken. Take it from the repository again: git checkout package-lock.json',
    )
    process.exit(1)
  }
  if (found === undefined) return false
  return Object.entries(wanted).every(
    ([path, { version, integrity, optional }]) =>
      path === '' || optional === true || (found[path]?.version === version && found[path].integrity === integrity),
  )
}

function readJson(name) {
  const file = join(root, name)
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Compiles to dist/ unless that was made from exactly these sources. Says whether it had to. */
export function build({ force = false } = {}) {
  const stamp = sourceStamp()
  const stampFile = join(root, 'dist', '.sources')
  if (!force && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return false

  // Into a folder of its own first: a build that fails or is interrupted leaves the old one whole.
  const draft = join(root, `dist.${process.pid}.tmp`)
  mkdirSync(draft, { recursive: true })
  try {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const result = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', draft], {
      cwd: root,
      stdio: 'inherit',
    })
    if (result.status !== 0) {
      console.error('The sources do not compile; see the messages above.')
      rmSync(draft, { recursive: true, force: true })
      process.exit(1)
    }
    writeFileSync(join(draft, '.sources'), stamp)
    replaceFolder(draft, join(root, 'dist'))
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return true
}

/** Names, sizes and times of all that the build reads; a few milliseconds. */
function sourceStamp() {
  const hash = createHash('sha256')
  const add = (name) => {
    const { size, mtimeMs } = statSync(join(root, name))
    hash.update(`${name} ${size} ${mtimeMs}\n`)
  }
  for (const name of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) add(name)
  for (const folder of ['src', 'db']) {
    for (const name of readdirSync(join(root, folder), { recursive: true }).sort())
      if (name.endsWith('.ts')) add(join(folder, name))
  }
  return hash.digest('hex')
}

/** Another start may do the same at the same moment: whoever comes last wins, and both builds are right. */
function replaceFolder(from, to) {
  for (let attempt = 1; ; attempt++) {
    rmSync(to, { recursive: true, force: true })
    try {
      renameSync(from, to)
      return
    } catch (error) {
      if (attempt === 10 || (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST')) throw error
    }
  }
}
