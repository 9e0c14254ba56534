package mcp

import (
	"context"
	"strings"

	mcpgo "github.com/mark3labs/mcp-go/mcp"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/role"
)

// argTask is the argument of the roles' prompts.
const argTask = "task"

// addPrompts offers one prompt for each built-in role. They are listed without the
// database; what a prompt says is the project's own role, where it has one.
func (s *Server) addPrompts() {
	for _, r := range role.Builtin() {
		s.mcp.AddPrompt(mcpgo.Prompt{
			Name: r.ID, Title: r.Title, Description: r.Purpose,
			Arguments: []mcpgo.PromptArgument{{Name: argTask, Description: "The task to work on, such as t-7k3f. Left out: what the current gate needs of the role."}},
		}, s.rolePrompt)
	}
}

// rolePrompt is what an agent of a role would be told.
func (s *Server) rolePrompt(ctx context.Context, req mcpgo.GetPromptRequest) (*mcpgo.GetPromptResult, error) {
	c := &call{env: s.config.Env, session: s.session(ctx), catalogue: s.catalogue}
	w, err := c.open(ctx)
	if err != nil {
		return nil, resourceError(err)
	}
	b, err := w.Briefing.Assemble(ctx, w.at, core.BriefingParams{Role: req.Params.Name, Task: strings.TrimSpace(req.Params.Arguments[argTask])})
	if err != nil {
		return nil, resourceError(err)
	}
	return &mcpgo.GetPromptResult{
		Description: b.Role.Purpose,
		Messages:    []mcpgo.PromptMessage{mcpgo.NewPromptMessage(mcpgo.RoleUser, mcpgo.NewTextContent(b.System+"\n"+b.Prompt))},
	}, nil
}

// agentsPage is what the address of a role has between the project and its name.
const agentsPage = "agents/"

// readRole returns the file of a role.
func readRole(w *work, id string) (text, mime string, err error) {
	r, err := w.Roles.Get(w.at.Root, id)
	if err != nil {
		return "", "", err
	}
	return r.Text, typeMarkdown, nil
}

// promptCompleter completes the arguments of prompts. It offers less, not an error,
// when the database does not answer.
type promptCompleter struct{ s *Server }

// CompletePromptArgument offers the tasks that are open.
func (c promptCompleter) CompletePromptArgument(
	ctx context.Context, _ string, argument mcpgo.CompleteArgument, _ mcpgo.CompleteContext,
) (*mcpgo.Completion, error) {
	values := []string{}
	if argument.Name == argTask {
		values = c.tasks(ctx, argument.Value)
	}
	const most = 100 // the protocol's limit
	total := len(values)
	return &mcpgo.Completion{Values: values[:min(most, total)], Total: total, HasMore: total > most}, nil
}

// tasks lists the ids of open tasks that begin so.
func (c promptCompleter) tasks(ctx context.Context, begin string) []string {
	ids := []string{}
	app, at, _, err := c.s.config.Env.Open(ctx)
	if err != nil {
		return ids
	}
	tasks, err := app.Tasks.List(ctx, core.View{Project: at.Project}, core.TaskQuery{Lines: true})
	if err != nil {
		return ids
	}
	for i := range tasks {
		if t := &tasks[i]; t.Status.Open() && strings.HasPrefix(t.ShortID, begin) {
			ids = append(ids, t.ShortID)
		}
	}
	return ids
}
