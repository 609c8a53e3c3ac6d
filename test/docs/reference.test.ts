import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { readProviderSettings } from '../../src/config/provider-settings.ts'
import { variables } from '../../src/config/variables.ts'
import { consequences } from '../../src/core/fault.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createProviders } from '../../src/providers/index.ts'
import { mockModels } from '../../src/providers/mock/behaviour.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { readDocument, tableRows } from './markdown.ts'

/** The tables of the documents say what the code does, no more and no less. */

const code = (text: string): string => `\`${text}\``

describe('docs/configuration.md', () => {
  const rows = tableRows(readDocument('docs/configuration.md'))

  it('has a row for every variable, and for no other', () => {
    const named = [...rows.keys()].filter((name) => /^[A-Z_]+$/.test(name))
    expect(named.toSorted()).toEqual(Object.keys(variables).toSorted())
  })

  it.each(Object.entries(variables))('%s: default and rule', (name, variable) => {
    const [, fallback, rule, meaning] = rows.get(name) ?? []
    const value: unknown = variable.parse(undefined)
    const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
    expect(fallback).toBe(value === null ? 'unset' : code(text))
    expect(rule).toBe(ruleOf(name))
    expect(meaning).not.toBe('')
  })

  /** As the message for a wrong value has it. */
  function ruleOf(name: string): string {
    for (const wrong of ['!', '[', '-1']) {
      const problem = problemOf(name, wrong)
      if (problem === null) continue
      return problem
        .replace(/^must be /, '')
        .replace(/^must have (at least \d+ characters).*/, 'a secret of $1')
        .replace(/(, but |\. ).*$/s, '')
        .replace(/\.$/, '')
    }
    return 'any text'
  }

  function problemOf(name: string, text: string): string | null {
    const read = variables[name as keyof typeof variables].safeParse(text)
    return read.success ? null : (read.error.issues[0]?.message ?? '')
  }

  const providers = createProviders({
    connectTimeoutMs: 1000,
    connections: 1,
    allowPrivate: false,
    resendAfterIdleMs: 0,
  })
  const configurable = [...new Set(providers.byPrefix.values())].filter((provider) => !provider.builtIn)

  it.each(configurable)('the provider $id: its variables and its base URL', ({ id, defaultBaseUrl, needsApiKey }) => {
    const [, on = '', baseUrl] = rows.get(id) ?? []
    expect(baseUrl).toBe(defaultBaseUrl === null ? 'none' : code(defaultBaseUrl))
    const names = [...on.matchAll(/`([A-Z_]+_(?:API_KEY|BASE_URL))`/g)].map((match) => match[1] ?? '')
    expect(names.map((name) => name.replace(/^.*_(?=API_KEY|BASE_URL)/, '')).toSorted()).toEqual([
      'API_KEY',
      'BASE_URL',
    ])
    expect(names[0]?.endsWith('_API_KEY')).toBe(needsApiKey)
    for (const name of names) {
      const value = name.endsWith('URL') ? 'https://example.com/v1' : 'sk-1'
      expect([...readProviderSettings({ [name]: value }, { allowPrivate: false }).providers.keys()]).toEqual([id])
    }
  })

  it('a misspelt variable is told where all of them are', () => {
    expect(() => readConfig({ PROMPTBOX_QQQQQQQQQQQQQQQQ: '1' }, { cwd: '/' })).toThrow(
      'docs/configuration.md lists every variable',
    )
  })
})

describe('docs/errors.md', () => {
  const document = readDocument('docs/errors.md')
  const [everywhere = ''] = document.split('\n## ')
  const rows = tableRows(everywhere)

  it('names every exact code of experiments, rollouts and evolution', () => {
    const names = readdirSync(fileURLToPath(new URL('../../src/admin', import.meta.url)))
    const sources = names.filter((name) => /experiment|rollout|proposal|evol|servable/.test(name))
    const text = [...sources.map((name) => `src/admin/${name}`), 'src/store/evolution-values.ts']
      .map(readDocument)
      .join()
    const codes = [
      ...text.matchAll(/code: '([a-z_]+)'|(?<!event: )'((?:rollout|experiment)_(?:not_)?[a-z]+(?:ed|ing))'/g),
    ]
    expect(codes.length).toBeGreaterThan(15)
    for (const [, first, second = ''] of codes) expect(document).toContain(code(first ?? second))
  })

  it('has a row for everything that can go wrong, in the order of the code', () => {
    expect([...rows.keys()]).toEqual(Object.keys(consequences))
  })

  it.each(Object.entries(consequences))('%s', (kind, { status, type, code: errorCode, retry, fallOver }) => {
    const yes = (is: boolean): string => (is ? 'yes' : '')
    const expected = [
      code(kind),
      String(status),
      code(type),
      errorCode === null ? '' : code(errorCode),
      yes(retry),
      yes(fallOver),
    ]
    const cells = rows.get(kind) ?? []
    expect(cells.slice(0, 6)).toEqual(expected)
    expect(cells[6]).not.toBe('')
  })
})

describe('docs/mock-models.md', () => {
  it('has every mock model and what it does', () => {
    const rows = tableRows(readDocument('docs/mock-models.md'))
    expect([...rows].map(([name, cells]) => [name, cells[1]])).toEqual(
      mockModels.map(({ name, does }) => [`mock/${name}`, does]),
    )
  })
})

describe('docs/operating.md', () => {
  it('has every metric with its type', async () => {
    const metrics = createMetrics({
      clock: systemClock,
      snapshotStatus: () => ({ tier: 'none', builtAt: 0 }),
      openStreams: () => 0,
    })
    const text = await metrics.render()
    metrics.close()
    const there = [...text.matchAll(/^# TYPE (promptbox_\w+) (\w+)$/gm)].map((match) => `${match[1]} ${match[2]}`)
    const rows = [...tableRows(readDocument('docs/operating.md'))].filter(([name]) => name.startsWith('promptbox_'))
    expect(rows.map(([name, cells]) => `${name} ${cells[1]}`).toSorted()).toEqual(there.toSorted())
  })
})
