package cmd

const agentsTopic = `Agents

An agent is a model, or a program, that works in a role: "layercake agent list" names
the roles. What it is asked to do is a run:

  layercake agent run backend-developer --task t-7k3f --follow
  layercake agent runs                 what runs, waits and has ended
  layercake worker                     do the runs that wait; any number of workers
  layercake auto                       have agents do all that the next gate needs

Who does the work is agents.provider: anthropic and openai are asked turn by turn, with
LayerCake's tools (openai also means any server that speaks as OpenAI does, such as
Ollama, by agents.base_url); claude-code, codex, gemini and opencode are programs that
do a run by themselves; command is any program of yours, which gets the prompt on its
standard input and needs no key. Models, keys and limits are the other agents.*
settings: "layercake config list" lists them.

  layercake config set agents.provider command
  layercake config set agents.command "sh agent.sh"

Runs wait in four queues, critical, high, medium and low, each with workers of its own.
The role, the gate that the run holds up, and its task say where: "layercake agent run
... --explain". A run whose task waits for another one is held until that is done. A
worker that dies loses nothing: another one begins its runs anew.

Each run changes files in a work tree and on a branch of its own, layercake/r-...,
unless agents.isolation says otherwise. Merge the branch yourself, or let "layercake
auto" do it.

"layercake auto" goes by the rules of the project alone: it starts roles on the tasks
that are ready, merges what they did, captures the proofs itself, presents the gate,
and stops. "layercake agent run orchestrator" is something else: a run of the role that
plans, by a model, like any other run.

An agent cannot approve, reject, skip or force a gate, attest a proof, accept a
deliverable or a workflow, or answer what a person was asked. What it says is no
evidence. "layercake cost" shows what runs took, and sets budgets that they cannot
pass.`
