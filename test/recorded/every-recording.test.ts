import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anthropicExchanges } from './anthropic-recordings.ts'
import { recordingId } from './chat-recordings.ts'
import { endpointRecordingIds } from './endpoint-recordings.ts'
import { geminiExchanges } from './gemini-recordings.ts'
import { openAiTypeExchanges, recordingsPresent } from './recordings.ts'
import { responsesExchanges } from './responses-recordings.ts'

const present = recordingsPresent()
const root = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'wire-fixtures')

/** Exchanges that nothing of the proxy's could replay. */
const leftOut: Readonly<Record<string, string>> = {
  'simonw-llm-openrouter/test_llm_openrouter__test_prompt#0':
    "OpenRouter's list of models: the proxy answers `/v1/models` on its own and never asks a provider for it.",
}

/** Every exchange in the folder, found without any of the loaders: `<folder>/<file>#<number>`. */
function everyExchange(): string[] {
  return folders().flatMap((folder) => {
    if (folder === 'vercel-ai') return filesOf(folder).map((file) => `${folder}/${file}`)
    return filesOf(join(folder, '_exchanges')).flatMap((file) => {
      const exchanges = JSON.parse(readFileSync(join(root, folder, '_exchanges', file), 'utf8')) as readonly unknown[]
      return exchanges.map((_, number) => `${folder}/${file.replace(/\.json$/, '')}#${number}`)
    })
  })
}

function folders(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

describe.skipIf(!present)('every recording', () => {
  it('is replayed by exactly one of the loaders, or left out for a reason', () => {
    const claimed = [
      ...[openAiTypeExchanges(), anthropicExchanges(), geminiExchanges(), responsesExchanges()].flatMap((exchanges) =>
        exchanges.map(({ name }) => recordingId(name)),
      ),
      ...endpointRecordingIds,
      ...Object.keys(leftOut),
    ]
    expect(claimed.toSorted()).toEqual(everyExchange().toSorted())
  })

  it('that is a cassette is there in both of its forms', () => {
    for (const folder of folders().filter((name) => name !== 'vercel-ai')) {
      const cassettes = filesOf(folder).map((file) => file.replace(/\.ya?ml$/, '.json'))
      expect(cassettes.toSorted()).toEqual(filesOf(join(folder, '_exchanges')).toSorted())
    }
  })

  it('that the index names is there', () => {
    const index = readFileSync(join(root, 'INDEX.md'), 'utf8')
    const named = [...index.matchAll(/^\| [^|]+ \| ([\w-]+\/[^|]+\.(?:ya?ml|json|txt|sse)) \|/gm)].map(
      ([, file]) => file,
    )
    const files = folders().flatMap((folder) => filesOf(folder).map((file) => `${folder}/${file}`))
    expect(named.toSorted()).toEqual(files.toSorted())
    expect(files.length).toBeGreaterThanOrEqual(109)
  })
})
