import { defineConfig } from 'vitest/config'

// A developer's own keys and settings must not decide how tests end, and no test may reach a real provider with them.
const settings = /^(PROMPTBOX_(?!SHARED$)\w+|DATABASE_URL|REDIS_URL|PORT|HOST)$/
const credentials =
  /^(OPENAI|ANTHROPIC|GEMINI|OPENROUTER|AZURE_OPENAI|MISTRAL|GROQ|DEEPSEEK|TOGETHER|OLLAMA|LOCAL)_(API_KEY|BASE_URL)$/
for (const name of Object.keys(process.env)) if (settings.test(name) || credentials.test(name)) delete process.env[name]

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: more workers than cores only makes the process tests flaky.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
