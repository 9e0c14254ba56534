package cmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func topicNames() []string { return slices.Sorted(maps.Keys(topics())) }

// topics are the texts of `layercake help TOPIC`.
func topics() map[string]string {
	return map[string]string{
		"exit-codes": `Exit codes

  0    it worked
  1    it failed
  2    the command line is wrong; nothing was done
  3    what was named does not exist
  4    it is not allowed: a gate or a rule said no, or a person is needed
  5    conflict: somebody else changed it first, or it is in the wrong state
  6    the database cannot be reached
  7    it took longer than was allowed
  130  interrupted`,
		"agents":      agentsTopic,
		"approvals":   approvalsTopic,
		"environment": environmentTopic(),
		"formatting": `Output for programs

  --json             one JSON document: {"schema_version":1,"data":...}
  --json=id,title    the same with these fields only; the help of each command
                     lists its fields
  --jq EXPRESSION    what a jq expression makes of that document; no jq needed
  --template TEXT    what a Go template makes of it, with the functions join,
                     json, truncate, date, upper and lower

  layercake task list --jq '.data[] | select(.ready) | .short_id'
  layercake task list --template '{{range .data}}{{.id}} {{.title}}{{"\n"}}{{end}}'

Lists are never null, times are RFC 3339 in UTC. With one of these flags an error
is one object on stderr, {"error":{"code":...,"message":...,"hint":...}}, and
stdout stays empty.

Without them, output that does not go to a terminal has no colours and no
headings; the columns of tables are separated by tabs and not cut.

With --quiet a change prints the id of what it made or changed, and nothing else:

  id=$(layercake task add "Write the migration" --quiet)

Nothing is asked without a terminal. What is hard to take back has --dry-run,
which says what would be done, also under --json, and does nothing.`,
		"gates": `Gates

A gate is a decision that a person takes on evidence, before the next phase
begins. It is pending until it is presented, then in review, then approved or
rejected; a rejected gate is pending again. It can also be skipped by a person,
with a reason, or not apply to a project.

  layercake gate list          all gates with their states
  layercake gate check G5      what stands against approval; exit code 0 if nothing
  layercake proof capture G5 test_output
                               run the accepted command and keep what it shows
  layercake gate present G5    put the gate before a person, on one commit
  layercake gate approve G5    a person's yes, typed at a terminal

An agent can present a gate and capture evidence. It cannot approve, except in
projects of level demo, which exist to show LayerCake and say so everywhere. The
words that approve are approve, approved, yes and accept. "layercake help
approvals" tells how people sign what they decide.`,
		"git":      gitTopic,
		"markdown": markdownTopic,
	}
}

const gitTopic = `Git

LayerCake keeps docs/*.md and .layercake/ up to date and leaves the rest of a
repository alone. By default you commit these files with your work. It can commit
them by itself, on the current branch:

  layercake config set --local git.commit state    after each change
  layercake config set --local git.commit gates    when a gate is decided on
  layercake config set --local git.commit off      never (the default)

Such a commit holds LayerCake's files only, as "git commit --only" would make it:
what you have staged stays staged, your files stay as they are, and your next
commit takes nothing back. No hooks run. It is signed if commit.gpgSign is set,
as long as that asks nobody for anything.

Nothing is committed, and a warning says why, during a merge, rebase, cherry-pick,
revert or bisect; on a detached HEAD; before the first commit; in a submodule;
when you staged the same file with other content; when git ignores the files,
holds its lock or does not know your name; and when LayerCake was started by git
itself, such as from a hook. The change to the project is made all the same.

The end of each message leads to the log:

  LayerCake-Events: 12-17               the events that the commit records
  layercake log --commit HEAD           shows them
  git log --grep=LayerCake-Events       the commits that have any

  layercake config set --local git.tag_gates on

tags the commit that a gate was approved on as layercake/G3. A tag is never
moved: a second approval of the gate makes layercake/G3-2.

  layercake checkpoint -m TEXT    keeps the files as they are aside, as git stash
                                  would without touching them
  layercake restore 1 --dry-run   what would come back; without --dry-run it does,
                                  after a checkpoint of what there is now`

const markdownTopic = `Markdown and database in step

TASKS.md, DECISIONS.md and MEMORY.md can be edited like any other text: tick a
task, retitle it, move its line, add one, delete one, write around it. The other
files are only to be read, and no edit approves a gate.

  layercake sync               read the files, take the edits in, write them anew
  layercake sync --dry-run     say what that would be
  layercake sync --check       for CI: exit code 5 when they are out of step
  layercake sync watch         do it whenever a file or the project changes

Commands with which a person changes the project read the files as well. What
both sides changed is a conflict: the database's value stays, the file's is kept.

  layercake sync status
  layercake sync resolve x-7k3f --theirs

A file that cannot be read is left alone, with its line in the error. The rest
has to be asked for:

  --allow-delete    many lines are gone, and are meant to be
  --adopt           read a file without a stamp, as if all in it were new
  --overwrite       replace a file that cannot be read; it is kept aside

A clone with a database of its own takes part by the files, which git carries:

  layercake init --join

docs/markdown.md has the form of the files.`

const approvalsTopic = `Approvals

What a decision is worth depends on how it is made. The level is chosen when a
project is created, changed by "layercake project level", recorded with each
decision and shown with it. Agents decide nothing, at any level but demo.

  terminal   a person types the word at a terminal. Recorded, not
             authenticated: a process of the same account that is determined
             to can fake it.
  signed     a person signs each decision with an enrolled SSH key. A key in a
             security key (FIDO) signs only when it is touched, which no
             process can do.
  elicited   like terminal, and an answer to the question that an MCP client
             shows counts as well. Worth what the client is worth. A person
             chooses it; elsewhere such an answer is a request.
  demo       anybody, also an agent. It exists to show LayerCake.

  ssh-keygen -t ed25519-sk                make a key in a security key
  layercake signer add ~/.ssh/id_ed25519_sk.pub
  layercake project level signed          from now on, decisions are signed
  layercake gate approve G3               asks for the word, then for the touch

A machine, such as a CI pipeline, can approve gates that a person names:

  layercake signer add ci.pub --name github-actions --gate G5
  LAYERCAKE_SIGNING_KEY=/run/secrets/ci_key layercake gate approve G5 --ci

It approves only what is ready, without conditions and without force, and the
decision has the level "ci".

  layercake audit verify                  checks every signature with the log
  layercake signer list --allowed-signers prints the keys for ssh-keygen

docs/security.md says level by level what each does not stop.`

func environmentTopic() string {
	var b strings.Builder
	b.WriteString("Environment variables\n\n")
	add := func(name, about string) { fmt.Fprintf(&b, "  %-26s %s\n", name, about) }
	add(envProject, "the project, when --project does not name one")
	for _, s := range settingsTable() {
		add(s.env(), s.about)
	}
	add(envAgent, "the name of the agent that runs the command")
	add("NO_COLOR", "no colours, when not empty")
	add("CLICOLOR_FORCE", "colours even in a pipe, when not 0")
	add("XDG_CONFIG_HOME", "where your configuration is; by default ~/.config")
	add("XDG_DATA_HOME", "where the data is; by default ~/.local/share")
	b.WriteString("\nEach setting of `layercake config list` can be set as LAYERCAKE_ and its name.")
	return b.String()
}
