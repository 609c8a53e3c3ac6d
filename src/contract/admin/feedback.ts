import { z } from 'zod'
import { feedbackBodySchema } from '../feedback.ts'
import { defineEndpoint } from './endpoint.ts'

const receipt = z
  .object({
    object: z.literal('feedback'),
    received: z.int().meta({ description: 'Statements that were taken.' }),
    changed: z.int().meta({ description: 'How many of them said something new.' }),
  })
  .meta({ id: 'FeedbackReceipt' })

export const giveFeedback = defineEndpoint({
  id: 'giveFeedback',
  method: 'POST',
  path: '/feedback',
  group: 'Exchanges',
  summary: 'Report feedback',
  description:
    'For reviews and imports; clients use `POST /v1/feedback` with the same body, which also works while the database is away. One statement for each exchange, name and source: a later one replaces it. Without `source` it is `admin`. An exchange of more than an hour ago must be recorded (404 `exchange_not_found`).',
  body: feedbackBodySchema,
  // Feedback is in no snapshot: there is nothing to serve anew.
  writes: false,
  answer: receipt,
  faults: ['not_found'],
  example: {
    body: {
      request_id: '0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b10',
      name: 'accuracy',
      value: 0.8,
      comment: 'Names the wrong carrier.',
      source: 'review',
    },
    answer: { object: 'feedback', received: 1, changed: 1 },
  },
})
