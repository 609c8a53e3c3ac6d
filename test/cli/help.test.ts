import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands/index.ts'
import { promptbox } from './support.ts'

describe('the help of the command line', () => {
  test('lists every command with what it does, and says what the exit codes mean', async () => {
    const { exitCode, out } = await promptbox({}, '--help')
    expect(exitCode).toBe(0)
    for (const { name, summary } of commands) {
      expect(out).toContain(`  ${name} `)
      expect(out).toContain(summary)
    }
    expect(out).toContain('exit codes:')
    expect(out).toContain('PROMPTBOX_ADMIN_KEY')
  })

  test.each(commands.map(({ name }) => [name]))(
    '%s has a page of its own with its usage and its options',
    async (name) => {
      const { exitCode, out } = await promptbox({}, ...name.split(' '), '--help')
      expect(exitCode).toBe(0)
      expect(out).toContain(`usage: promptbox ${name}`)
      expect(out).toContain('--json')
    },
  )

  test('nothing at all is used wrongly, and shows the list; a group shows its own', async () => {
    expect((await promptbox({})).exitCode).toBe(2)
    const { exitCode, out } = await promptbox({}, 'prompts')
    expect(exitCode).toBe(0)
    expect(out).toContain('prompts show')
    expect(out).not.toContain('keys create')
  })

  test('a command, an option or a word that is none is exit 2, with what was probably meant', async () => {
    const command = await promptbox({}, 'prompts', 'shwo')
    expect(command).toMatchObject({ exitCode: 2, error: expect.stringContaining('`prompts show`') })
    const option = await promptbox({}, 'prompts', 'list', '--categry', 'x')
    expect(option).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('no option `--categry` here. Did you mean `--category`?'),
    })
    const lost = await promptbox({}, 'prompts', 'render', 'x', '--variables', 'gone.json')
    expect(lost).toMatchObject({ exitCode: 2, error: expect.stringContaining('gone.json cannot be read') })
    expect((await promptbox({}, 'prompts', 'show')).error).toContain('SLUG is missing')
    expect((await promptbox({}, 'keys', 'revoke', 'a', 'b')).error).toContain('`b` is one word too many')
  })

  test('--version says which version it is', async () => {
    expect((await promptbox({}, '--version')).out).toMatch(/^\d+\.\d+\.\d+\S*\n$/)
  })

  test('with --json an error is JSON too', async () => {
    const { exitCode, error } = await promptbox({}, 'prompts', 'show', '--json')
    expect(exitCode).toBe(2)
    expect(JSON.parse(error)).toMatchObject({ error: { message: expect.stringContaining('SLUG') } })
  })
})
