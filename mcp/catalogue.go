package mcp

import (
	"fmt"
	"regexp"
	"slices"
)

// Toolset is a group of tools that belong together.
type Toolset struct {
	Name        string
	Description string
}

// The toolsets.
const (
	setCore         = "core"
	setTasks        = "tasks"
	setGates        = "gates"
	setProofs       = "proofs"
	setDecisions    = "decisions"
	setMemory       = "memory"
	setDeliverables = "deliverables"
	setDocuments    = "documents"
	setRisks        = "risks"
	setQuestions    = "questions"
	setHistory      = "history"
	setGit          = "git"
	setSync         = "sync"
	setFiles        = "files"
	setAgents       = "agents"
	setHandoffs     = "handoffs"
	setQueue        = "queue"
	setCost         = "cost"
	setCode         = "code"
)

// Toolsets returns the groups of tools, in the order of the reference.
func Toolsets() []Toolset {
	return []Toolset{
		{setCore, "what every session needs: where the project stands, what to do next, tasks, evidence, decisions, questions"},
		{setTasks, "single tasks and the order between them"},
		{setGates, "gates in full, and putting them before a person"},
		{setProofs, "evidence besides captured runs: listing, handing in, verifying"},
		{setDeliverables, "documents and files that the gates ask for"},
		{setDocuments, "documents with their versions"},
		{setDecisions, "decisions made so far"},
		{setMemory, "what was learnt so far"},
		{setQuestions, "questions between roles and their answers"},
		{setRisks, "what may go wrong and what stands in the way"},
		{setCode, "the code: definitions and uses of names, outlines, similar pieces, the search index"},
		{setFiles, "the files of the project's folder, for agents without an editor of their own: reading, writing, searching"},
		{setHistory, "the event log: who did what, earlier states, tamper check"},
		{setGit, "the repository: status, commits, differences, checkpoints of the files"},
		{setAgents, "roles that agents play, what an agent would be told, and having agents work"},
		{setHandoffs, "what one role hands over to another"},
		{setQueue, "the queues in which runs of agents wait, and the workers"},
		{setCost, "what agents spend, and its limits"},
		{setSync, "the markdown files: reading what was edited in them, conflicts with the database"},
	}
}

func toolsetNames() []string {
	sets := Toolsets()
	names := make([]string, len(sets))
	for i, s := range sets {
		names[i] = s.Name
	}
	return names
}

// Catalogue returns every tool, grouped by toolset. It fails when a tool is not
// declared properly, which a test makes sure of.
func Catalogue() ([]Tool, error) {
	c, err := newCatalogue()
	if err != nil {
		return nil, err
	}
	return c.tools, nil
}

// catalogue is the tools with their index.
type catalogue struct {
	tools  []Tool
	byName map[string]*Tool
}

// maxName bounds names: with "mcp__plugin_layercake_layercake__" before it, a
// name stays within what every client takes.
const maxName = 40

func newCatalogue() (*catalogue, error) {
	c := &catalogue{tools: slices.Concat(coreTools(), taskTools(), gateTools(), proofTools(), deliverableTools(), documentTools(),
		decisionTools(), memoryTools(), questionTools(), riskTools(), codeToolsOf(setCode), fileTools(), historyTools(), gitTools(),
		roleTools(), agentTools(), handoffTools(), queueTools(), costTools(), syncTools())}
	if err := c.index(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *catalogue) index() error {
	c.byName = make(map[string]*Tool, len(c.tools))
	valid := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	for i := range c.tools {
		t := &c.tools[i]
		switch {
		case t.err != nil:
			return t.err
		case !valid.MatchString(t.Name) || len(t.Name) > maxName:
			return fmt.Errorf("%q is not a name for a tool", t.Name)
		case c.byName[t.Name] != nil:
			return fmt.Errorf("two tools are named %s", t.Name)
		case !slices.Contains(toolsetNames(), t.Toolset):
			return fmt.Errorf("tool %s is in toolset %q, which does not exist", t.Name, t.Toolset)
		}
		c.byName[t.Name] = t
	}
	return nil
}

func (c *catalogue) names() []string {
	names := make([]string, len(c.tools))
	for i := range c.tools {
		names[i] = c.tools[i].Name
	}
	return names
}
