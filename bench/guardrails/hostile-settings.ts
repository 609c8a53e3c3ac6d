import type { JsonObject } from '../../src/core/json.ts'

const many = (count: number, make: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => make(at))

/** Settings of the local types with much to do: as much as somebody may set, or what is known to be slow. */
export const hostileSettings: readonly (readonly [name: string, type: string, settings: JsonObject])[] = [
  ['pii', 'pii', { default_region: 'DE' }],
  ['secrets', 'secrets', { generic: true }],
  ['injection', 'injection', { flag_threshold: 0.01, block_threshold: 0.01 }],
  ['toxicity', 'toxicity', { categories: ['profanity', 'slur', 'insult', 'sexual'] }],
  ['toxicity, model', 'toxicity', { categories: ['profanity', 'toxic'], toxic_threshold: 0.1 }],
  [
    'keywords',
    'keywords',
    { words: ['word', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', ...many(600, (at) => `word${at} and then`)] },
  ],
  ['keywords, substring', 'keywords', { words: ['a', 'aa', 'aaa', '0', '-', '('], match: 'substring' }],
  ['regex, bounded', 'regex', { patterns: [{ pattern: '\\b\\d{3,9}\\b' }, { pattern: '(a|aa|aaa){1,40}b' }] }],
  [
    'regex, unbounded',
    'regex',
    {
      patterns: [
        { pattern: '(a+)+$' },
        { pattern: '(x+x+)+y' },
        { pattern: '.*.*=.*' },
        { pattern: '[\\w.]+@[\\w.]+' },
      ],
      flags: 's',
    },
  ],
  [
    'regex, fifty patterns',
    'regex',
    {
      patterns: many(50, (at) => `\\b(?:[a-z]+${at}|\\d{2,6}-${at}|.{0,40}word${at})\\b`).map((pattern) => ({
        pattern,
      })),
    },
  ],
  ['urls', 'urls', {}],
  [
    'urls, lists',
    'urls',
    { allow_domains: many(900, (at) => `a${at}.example.org`), deny_domains: many(900, (at) => `b${at}.example.org`) },
  ],
  [
    'topics',
    'topics',
    {
      denied: many(40, (at) => `topic_${at}`).map((name, at) => ({
        name,
        phrases: ['word', 'word and', ...many(40, (n) => `word${n} and then ${at}`)],
      })),
    },
  ],
  ['json_schema', 'json_schema', { schema: { type: 'object', patternProperties: { '^a+$': { type: 'string' } } } }],
  ['length', 'length', { max_chars: 100_000_000, min_chars: 100_000_000 }],
  ['language', 'language', { denied: ['en', 'zh'] }],
]
