import { isDraft } from '../chat/draft.ts'

/** Gemini's `logprobsResult` as OpenAI's `logprobs` of a choice; null: there is none. */
export function openAiLogprobs(result: unknown): Record<string, unknown> | null {
  if (!isDraft(result) || !Array.isArray(result.chosenCandidates)) return null
  const tops = Array.isArray(result.topCandidates) ? (result.topCandidates as readonly unknown[]) : []
  const content = (result.chosenCandidates as readonly unknown[]).filter(isDraft).map((chosen, index) => {
    const top = tops[index]
    const others = isDraft(top) && Array.isArray(top.candidates) ? (top.candidates as readonly unknown[]) : []
    return { ...tokenOf(chosen), top_logprobs: others.filter(isDraft).map(tokenOf) }
  })
  return { content, refusal: null }
}

function tokenOf(candidate: Record<string, unknown>): Record<string, unknown> {
  const token = typeof candidate.token === 'string' ? candidate.token : ''
  // A probability of 1 has the logarithm 0, which Google's JSON leaves out.
  const logprob = typeof candidate.logProbability === 'number' ? candidate.logProbability : 0
  return { token, logprob, bytes: [...Buffer.from(token)] }
}
