import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/model-data.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'promptbox-models-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function make(source: unknown): { status: number | null; text: string; said: string } {
  const [from, to] = [join(folder, 'api.json'), join(folder, 'made.ts')]
  writeFileSync(from, JSON.stringify(source))
  writeFileSync(to, '')
  const { status, stderr } = spawnSync(process.execPath, [script, from, to], { encoding: 'utf8' })
  return { status, text: readFileSync(to, 'utf8'), said: stderr }
}

const names = ['openai', 'anthropic', 'google', 'openrouter', 'azure', 'mistral', 'groq', 'deepseek', 'togetherai']
const withModels = (models: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  ...Object.fromEntries(names.map((name) => [name, { models: {} }])),
  openai: { models },
})

test(
  'the api.json of models.dev becomes one line for each provider: what is known as yes or no, nothing for what is not',
  { timeout: 60_000 },
  () => {
    const whole = {
      id: "it's-1",
      tool_call: true,
      structured_output: false,
      reasoning: false,
      modalities: { input: ['text', 'image'] },
      limit: { context: 1000, output: 100 },
      last_updated: '2099-01-02',
    }
    const moving = { ...whole, id: 'it-latest', tool_call: false }
    const { status, text } = make(
      withModels({
        "it's-1": whole,
        'it-latest': moving,
        bare: { id: 'bare' },
        half: { id: 'half', limit: { output: 5 } },
      }),
    )
    expect(status).toBe(0)
    expect(text).toContain('"it\\\'s-1":[1000,100,"TVjr"]')
    expect(text).toContain('"it-latest":[1000,100,"V"]')
    expect(text).toContain('"half":[0,5]')
    expect(text).not.toContain('"bare"')
    expect(text).toContain("builtInModelsDate = '2099-01-02'")
    expect(text).toContain('MIT licence')
    expect(text.match(/^ {2}\w+:$/gm)).toHaveLength(9)
    // The gaps are filled from the price data.
    expect(text).toContain('"gpt-4o":[128000]')
  },
)

test(
  'a source without one of the providers is refused by its name, and nothing is written',
  { timeout: 60_000 },
  () => {
    const source = withModels({})
    delete source['groq']
    expect(make(source)).toMatchObject({ status: 1, text: '', said: expect.stringContaining('groq') as string })
  },
)
