import { readTestCase } from '../contract/test-case.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import { type JsonValue, isJsonObject } from '../core/json.ts'
import { recordedAnswer, recordedQuestion } from '../evaluation/recorded-texts.ts'
import type { Evidence, EvidenceOfExchange, FailedCheck } from '../evolution/evidence.ts'
import { detectLanguage } from '../guardrails/language/detect-language.ts'
import type { EvidenceExchange } from '../store/evolution-port.ts'
import type { StoredPrompt, StoredVersion } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'
import { earlierProposals } from './earlier-proposals.ts'
import { mayHoldWhatIsPrivate } from './passed-on.ts'
import { testedModels } from './tested-models.ts'

type Needs = Pick<AdminDependencies, 'stores' | 'examineText' | 'clock'>

const mostExchanges = 300
/** Texts that are looked through for what must not be passed on; only those that could become examples or be shown to a writer. */
const mostExamined = 80
const dayMs = 86_400_000

/** What was recorded of a version, read for the strategies. Fault `unavailable` when the database is away. */
export async function readEvidence(
  needs: Needs,
  prompt: StoredPrompt,
  version: StoredVersion,
  lookBackDays: number,
): Promise<Evidence> {
  const { tenantId, slug, name, description, domain, useCase, appContexts } = prompt
  const found = await needs.stores.evolution.evidence(tenantId, slug, version.version, {
    since: needs.clock.now() - lookBackDays * dayMs,
    most: mostExchanges,
  })
  return {
    exchanges: await withSensitiveMarked(needs, tenantId, found.map(toEvidence)),
    failedChecks: await failedChecks(needs, version, tenantId),
    about: { name, description, domain, useCase, appContexts },
    language: languageOf(version),
    earlier: await earlierProposals(needs, prompt),
    tested: await testedModels(needs, tenantId, version),
  }
}

/** The author's word for it, else as it reads; without what is filled in. */
function languageOf({ body: { locale, messages } }: StoredVersion): string | null {
  if (locale !== undefined) return locale.split('-')[0]?.toLowerCase() ?? null
  const texts = messages.flatMap(({ content }) => (typeof content === 'string' ? [content] : []))
  return detectLanguage(texts.join('\n').replaceAll(/\{\{[^{}]*\}\}/g, ' '))?.code ?? null
}

function toEvidence(exchange: EvidenceExchange): EvidenceOfExchange {
  const {
    requestId,
    bodies,
    feedback,
    guardrails,
    guardrailResults = [],
    outputCheck,
    finishReasons,
    locale,
    outcome,
    tokens,
    unit,
  } = exchange
  const messages =
    bodies === null || isConversation(bodies.request) ? null : recordedQuestion(bodies.rendered ?? bodies.request)
  const asked = messages?.findLast(({ role }) => role === 'user')?.['content']
  return {
    requestId,
    question: asked === undefined ? null : textOf(asked),
    answer: bodies === null || bodies.response === null ? null : recordedAnswer(bodies.response),
    score: scoreOf(feedback),
    comments: feedback.flatMap(({ comment, value }) => {
      const said = [comment, typeof value === 'string' ? value : null]
      return said.flatMap((text) => (text === null || text === '' ? [] : [text]))
    }),
    outputCheck,
    isSensitive: guardrails !== 'pass' || guardrailResults.some(({ findingCount }) => findingCount > 0),
    isCut: finishReasons.includes('length'),
    isComplete: outcome === 'ok' && !finishReasons.some((reason) => reason === 'length' || reason === 'content_filter'),
    locale,
    unit,
    tokens,
  }
}

/** An answer in the middle of a conversation is an example of nothing without what was said before it. */
function isConversation(request: string): boolean {
  const roles = (recordedQuestion(request) ?? []).map(({ role }) => role)
  return roles.includes('assistant') || roles.includes('tool') || roles.filter((role) => role === 'user').length > 1
}

/** Only of one text: pictures and files cannot be shown as an example. */
function textOf(content: JsonValue): string | null {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return null
  const [part, ...others] = content as readonly JsonValue[]
  return others.length === 0 && isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : null
}

/**
 * Ratings 1 to 5, thumbs, and scores 0 to 1 of names that are known to say how good an answer is, or of a judge, as one mean;
 * null: none of them. Of any other name nobody knows whether more of it is better.
 */
function scoreOf(feedback: readonly FeedbackRecord[]): number | null {
  const scores = feedback.flatMap(({ name, source, value }) => {
    if (name === 'thumbs' && typeof value === 'boolean') return [value ? 1 : 0]
    if (typeof value !== 'number') return []
    if (name === 'rating') return [Math.min(1, Math.max(0, (value - 1) / 4))]
    return (scoreNames.has(name) || source === 'judge') && value >= 0 && value <= 1 ? [value] : []
  })
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length
}

const scoreNames: ReadonlySet<string> = new Set(['accuracy', 'confidence'])

/** Those that nobody scored are never shown to anybody, so they need not be looked through. */
async function withSensitiveMarked(
  needs: Needs,
  tenantId: string,
  exchanges: readonly EvidenceOfExchange[],
): Promise<readonly EvidenceOfExchange[]> {
  let examined = 0
  const looked: EvidenceOfExchange[] = []
  for (const exchange of exchanges) {
    const { question, answer, score, isSensitive } = exchange
    if (score === null || isSensitive || examined >= mostExamined) {
      looked.push(examined >= mostExamined ? { ...exchange, isSensitive: true } : exchange)
      continue
    }
    examined += 1
    const text = [question ?? '', answer ?? '', ...exchange.comments].join('\n\n')
    looked.push({ ...exchange, isSensitive: await mayHoldWhatIsPrivate(needs, { tenantId, text }) })
  }
  return looked
}

async function failedChecks(
  { stores }: Needs,
  version: StoredVersion,
  tenantId: string,
): Promise<readonly FailedCheck[]> {
  const { testRuns } = stores
  const newest = await testRuns.newestComplete(tenantId, version.slug, version.version)
  const run = newest === null ? null : await testRuns.find(tenantId, version.slug, newest.id)
  const written = (version.body.test_cases ?? []).flatMap((testCase) => readTestCase(testCase) ?? [])
  return (run?.cases ?? []).flatMap(({ name, checks }) => {
    const own = written.find((testCase) => testCase.name === name)?.checks
    return checks.flatMap(({ type, detail, passed }, at) => {
      // A run has the checks in the order of their case.
      const check = own?.[at]
      const same = check?.type === type ? check : null
      return passed ? [] : [{ testCase: name, type, detail: detail.slice(0, 500), check: same }]
    })
  })
}
