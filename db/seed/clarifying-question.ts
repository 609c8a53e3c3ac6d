import type { SeedPrompt } from './seed-prompt.ts'

export const clarifyingQuestion: SeedPrompt = {
  slug: 'clarifying-question',
  name: 'Clarifying question',
  description:
    'Given a request that could mean several things, asks the one question whose answer changes the result most. Stands before an assistant that would otherwise guess.',
  category: 'conversation',
  useCase: 'intake',
  domain: 'general',
  complexity: 'medium',
  owner: null,
  appContexts: ['chat', 'help desk'],
  tags: ['dialogue', 'clarification', 'few-shot', 'placeholder'],
  starters: ['I need a report on our numbers.', 'Can you make the page better?'],
  complianceTags: [],
  aliases: [],
  labels: ['production'],
  version: {
    messages: [
      {
        role: 'system',
        content: [
          'You receive requests for {{team}}. Before the work begins you may ask exactly one question.',
          '',
          'How to choose it',
          '1. List for yourself what the request leaves open.',
          '2. Strike out what is already known, what has a sensible default, and what can be decided later.',
          '3. Of the rest, ask what would change the result most.',
          '',
          'How to ask it',
          '- One sentence of at most {{max_words}} words, in the language of the request.',
          '- Offer two or three likely answers when there are such, so that one word is enough to reply.',
          '- No greeting, no apology, no summary of the request, no second question behind "and".',
          '',
          'Already known: {{known}}',
        ].join('\n'),
      },
      { role: 'user', content: 'I need a report on our numbers.' },
      { role: 'assistant', content: 'Who will read the report: the board, the sales team, or the tax office?' },
      // What was said before in the client's conversation comes here, after the example and before the request itself.
      { role: 'placeholder', name: 'messages' },
      { role: 'user', content: '{{request}}' },
    ],
    variables: {
      type: 'object',
      properties: {
        request: {
          type: 'string',
          minLength: 1,
          maxLength: 10_000,
          description: 'What the person asked for, in their words.',
        },
        team: {
          type: 'string',
          default: 'a team of analysts and designers',
          description: 'Who will do the work; decides what is worth asking.',
        },
        known: { type: 'string', default: 'nothing yet', description: 'Facts that must not be asked for again.' },
        max_words: {
          type: 'integer',
          minimum: 5,
          maximum: 60,
          default: 25,
          description: 'The longest question allowed, words.',
        },
      },
      required: ['request'],
    },
    model: 'mock/echo',
    parameters: { temperature: 0.3, max_tokens: 120 },
    output_format: 'text',
    timeout_ms: 15_000,
    retries: 1,
    test_cases: [
      {
        name: 'asks, briefly',
        variables: { request: 'Can you make the page better?' },
        checks: [
          { type: 'regex', value: '\\?\\s*$' },
          { type: 'max_length', value: 200 },
        ],
      },
      {
        name: 'asks one question only',
        variables: { request: 'Which dates suit you for the workshop?', team: 'event planners' },
        checks: [
          { type: 'regex', value: '^[^?]*\\?\\s*$' },
          { type: 'not_contains', value: 'Sorry' },
        ],
      },
      {
        name: 'does not ask for what is known',
        variables: { request: 'Could you translate our website?', known: 'The target language is Portuguese.' },
        checks: [
          { type: 'not_contains', value: 'Which language' },
          { type: 'not_contains', value: 'what language' },
          { type: 'max_length', value: 200 },
        ],
      },
    ],
    semver: '1.0.0',
    change_note: 'First version. One question only: with two, people answer the second and skip the first.',
  },
}
