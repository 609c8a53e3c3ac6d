from openai import OpenAI

response = OpenAI().responses.create(
    model="gpt-4.1",
    instructions="""Answer like a pirate.
Say {{greeting}} first.""",
    input="Where is the treasure?",
    stream=True,
)
