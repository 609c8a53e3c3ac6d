import type { EarlierProposal } from '../evolution/earlier.ts'
import type { StoredProposal } from '../store/evolution-port.ts'
import type { StoredPrompt } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'

/** What is older is forgotten: the prompt, its users and its models are others by then. */
const mostEarlier = 100

/** The newest proposals of a prompt, newest first, as strategies learn from them. */
export async function earlierProposals(
  { stores }: Pick<AdminDependencies, 'stores'>,
  { tenantId, slug }: Pick<StoredPrompt, 'tenantId' | 'slug'>,
): Promise<readonly EarlierProposal[]> {
  const { data } = await stores.evolution.proposals(tenantId, slug, { limit: mostEarlier })
  return data.map(toEarlier)
}

function toEarlier(proposal: StoredProposal): EarlierProposal {
  const { strategy, state, parentVersion, version, rationale, sentence, parts, improvement } = proposal
  const effect = improvement?.relative_effect ?? null
  return {
    strategy,
    state,
    parentVersion,
    version,
    rationale,
    sentence,
    parts,
    isDeclined: isDeclined(proposal),
    measured: improvement === null || effect === null ? null : { metric: improvement.metric, effect },
  }
}

/** That its parent was replaced, its tests broke off or its experiment was ended before a verdict says nothing against it. */
function isDeclined({ state, isOutdated, tests, improvement }: StoredProposal): boolean {
  switch (state) {
    case 'rejected':
      return !isOutdated
    case 'failed_tests':
      return tests !== null
    case 'lost':
      return improvement !== null
    case 'rolled_back':
      return true
    default:
      return false
  }
}
