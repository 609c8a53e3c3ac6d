import { z } from 'zod'
import { labelSchema, slugSchema } from '../names.ts'
import { ratingSchema } from '../template.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, line, listOf, pageOf, pageQuery, removed, warnings } from './fields.ts'
import { promptAnswer, promptExample } from './prompts.ts'
import { templateGroup as group, templateParameters, whoseQuery } from './template-answer.ts'

/** What anybody who sees a template can do with it: fork it, and say what they think of it. */

const path = { slug: 'refund-reply' }

export const forkTemplate = defineEndpoint({
  id: 'forkTemplate',
  method: 'POST',
  path: '/templates/{slug}/fork',
  group,
  summary: 'Make a prompt from a template',
  description:
    'The prompt begins with the template’s version as its version 1, test cases and all. It is a copy: what happens to the template later does not touch it.',
  parameters: templateParameters,
  query: whoseQuery,
  body: z
    .strictObject({
      slug: slugSchema.meta({ description: 'Slug of the new prompt.' }),
      name: line(200).optional().meta({ description: 'Name of the new prompt; left out: the name of the template.' }),
      labels: listOf(labelSchema, 50, 'Labels that point to its version 1.').optional(),
      model: z
        .string()
        .min(1, 'must name a model')
        .max(256, 'must have at most 256 characters')
        .optional()
        .meta({ description: 'Model in place of the template’s own.', examples: ['mock/echo'] }),
    })
    .meta({ id: 'ForkTemplate' }),
  status: 201,
  answer: promptAnswer.extend({ warnings }).meta({ id: 'ForkedPrompt' }),
  faults: ['not_found', 'conflict'],
  example: {
    path,
    body: { slug: 'support-reply', labels: ['production'] },
    answer: { ...promptExample, warnings: [] },
  },
})

const review = z
  .object({
    reviewer: z.string().meta({ description: 'Name of the key it was written with.' }),
    own: z.boolean().meta({ description: 'You wrote it.' }),
    rating: z.int(),
    comment: z.string().nullable(),
    at: instant,
  })
  .meta({ id: 'TemplateReview' })
export type TemplateReviewAnswer = z.input<typeof review>

const reviewExample: TemplateReviewAnswer = {
  reviewer: 'checkout service',
  own: true,
  rating: 5,
  comment: 'Took it as it was; customers stopped asking twice.',
  at: '2026-11-20T09:30:00.000Z',
}

export const reviewTemplate = defineEndpoint({
  id: 'reviewTemplate',
  method: 'POST',
  path: '/templates/{slug}/reviews',
  group,
  summary: 'Rate and review a template',
  writes: false,
  description: 'One review for each key: a second one replaces the first. Everybody who sees the template reads it.',
  parameters: templateParameters,
  query: whoseQuery,
  body: z
    .strictObject({
      rating: ratingSchema.meta({ description: '1 (of no use) to 5 (took it as it was).' }),
      comment: line(4000).nullable().optional(),
    })
    .meta({ id: 'ReviewTemplate' }),
  status: 201,
  answer: review,
  faults: ['not_found'],
  example: { path, body: { rating: 5, comment: reviewExample.comment }, answer: reviewExample },
})

export const listTemplateReviews = defineEndpoint({
  id: 'listTemplateReviews',
  method: 'GET',
  path: '/templates/{slug}/reviews',
  group,
  summary: 'List the reviews of a template',
  description: 'Newest first.',
  parameters: templateParameters,
  query: whoseQuery.extend(pageQuery),
  answer: pageOf(review),
  faults: ['not_found'],
  example: { path, answer: { data: [reviewExample], next_cursor: null } },
})

export const removeTemplateReview = defineEndpoint({
  id: 'removeTemplateReview',
  method: 'DELETE',
  path: '/templates/{slug}/reviews',
  group,
  summary: 'Take your review of a template back',
  writes: false,
  parameters: templateParameters,
  query: whoseQuery,
  answer: removed,
  faults: ['not_found'],
  example: { path, answer: { id: path.slug, deleted: true } },
})
