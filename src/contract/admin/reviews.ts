import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'
import { reason } from './fields.ts'
import { versionAnswer, versionExample, versionParameters } from './versions.ts'

const group = 'Reviews'
const path = { slug: 'support-reply', version: '2' }

const reviewBody = z.strictObject({ reason: reason.nullable().optional() }).meta({ id: 'Review' })

/** What the three have in common. */
const common = {
  method: 'POST',
  group,
  parameters: versionParameters,
  body: reviewBody,
  bodyOptional: true,
  answer: versionAnswer,
} as const

export const submitVersion = defineEndpoint({
  ...common,
  id: 'submitVersion',
  path: '/prompts/{slug}/versions/{version}/submit',
  summary: 'Submit a version for review',
  description:
    'A draft or a rejected version is `in_review` from then on. Decisions made before no longer count; the timeline keeps them. Submitting what is in review or approved changes nothing.',
  faults: ['not_found'],
  example: {
    path,
    body: { reason: 'ready' },
    answer: { ...versionExample, status: 'in_review' },
  },
})

const approvedReview = {
  actor: 'Grace',
  decision: 'approved',
  reason: 'reads well',
  at: '2026-11-20T10:00:00.000Z',
} as const

export const approveVersion = defineEndpoint({
  ...common,
  id: 'approveVersion',
  path: '/prompts/{slug}/versions/{version}/approve',
  summary: 'Approve a version',
  description:
    'Not with the key that made the version (403 `own_version`): one admin key is one person, the super-admin key included. One decision per key; a second one replaces the first. The version is `approved` once it has as many approvals as the strictest protection of the prompt asks for, at least one. Approving a draft submits it too; one that is rejected is submitted again first (409 `version_rejected`). No label moves.',
  faults: ['not_found', 'permission_denied', 'conflict'],
  example: {
    path,
    body: { reason: 'reads well' },
    answer: { ...versionExample, status: 'approved', reviews: [approvedReview] },
  },
})

export const rejectVersion = defineEndpoint({
  ...common,
  id: 'rejectVersion',
  path: '/prompts/{slug}/versions/{version}/reject',
  summary: 'Reject a version',
  description:
    'It is `rejected` until it is submitted again, and no protected label moves there. One that was approved before can be rejected too, and its author may take it back like this. A label that points there already stays.',
  faults: ['not_found'],
  example: {
    path,
    body: { reason: 'too long' },
    answer: {
      ...versionExample,
      status: 'rejected',
      reviews: [{ ...approvedReview, decision: 'rejected', reason: 'too long' }],
    },
  },
})
