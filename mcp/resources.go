package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
)

const (
	// resourceURI is what every resource's address begins with; the rest is a
	// project and a page.
	resourceURI = "layercake://project/"
	// currentProject stands for the project at hand in addresses, so that they
	// can be listed while the database is down.
	currentProject = "current"

	typeMarkdown = "text/markdown"
	typeJSON     = "application/json"
)

// page of a project that can be read as a resource.
type resourcePage struct {
	name, title, description, file string
	// tool is the tool whose reply stands in when there is no markdown.
	tool string
}

func resourcePages() []resourcePage {
	return []resourcePage{
		{"status", "Status", "Where the project stands: phase, gates, what keeps the next one shut, ready tasks.", "STATUS.md", "get_status"},
		{"gates", "Gates", "Every gate with its evidence, deliverables and decisions.", "GATES.md", "get_gates"},
		{"tasks", "Tasks", "Every task with its state and what it waits for.", "TASKS.md", "get_tasks"},
		{"decisions", "Decisions", "The decisions made, as architecture decision records.", "DECISIONS.md", "get_decisions"},
		{"memory", "Memory", "What was learnt and is worth keeping.", "MEMORY.md", "get_memories"},
	}
}

// addResources shows the pages of the project at hand, and a template for those
// of any.
func (s *Server) addResources() {
	mime := typeMarkdown
	if s.config.Env.Render == nil {
		mime = typeJSON
	}
	for _, p := range resourcePages() {
		s.mcp.AddResource(mcpgo.NewResource(resourceURI+currentProject+"/"+p.name, p.name,
			mcpgo.WithResourceTitle(p.title), mcpgo.WithResourceDescription(p.description), mcpgo.WithMIMEType(mime)), s.readResource)
	}
	s.mcp.AddResourceTemplate(mcpgo.NewResourceTemplate(resourceURI+"{id}/{page}", "project-page",
		mcpgo.WithTemplateTitle("Page of a project"),
		mcpgo.WithTemplateDescription("A page of any project: id is its short name, its id, or \""+currentProject+
			"\"; page is status, gates, tasks, decisions or memory."),
		mcpgo.WithTemplateMIMEType(mime)), s.readResource)
	s.mcp.AddResourceTemplate(mcpgo.NewResourceTemplate(resourceURI+"{id}/"+agentsPage+"{role}", "agent-role",
		mcpgo.WithTemplateTitle("Role of agents"),
		mcpgo.WithTemplateDescription("The file of a role that agents play in a project, such as qa-engineer."),
		mcpgo.WithTemplateMIMEType(typeMarkdown)), s.readResource)
	s.mcp.AddResourceTemplate(mcpgo.NewResourceTemplate(resourceURI+"{id}/"+searchPage+"{?q}", "project-search",
		mcpgo.WithTemplateTitle("Search in the code"),
		mcpgo.WithTemplateDescription("What search_code finds for the question q in the project's folder."),
		mcpgo.WithTemplateMIMEType(typeJSON)), s.readResource)
}

// searchPage is the page that answers a question.
const searchPage = "search"

// searched is the question in an address that asks one.
func searched(name string) (q string, is bool, err error) {
	page, query, _ := strings.Cut(name, "?")
	if page != searchPage {
		return "", false, nil
	}
	values, err := url.ParseQuery(query)
	if q = values.Get("q"); err != nil || strings.TrimSpace(q) == "" {
		return "", true, fault.Usage("empty_query", "the address asks nothing").
			WithHint("it should look like %s%s/%s?q=where%%20are%%20retries", resourceURI, currentProject, searchPage)
	}
	return q, true, nil
}

// readResource returns a page.
func (s *Server) readResource(ctx context.Context, req mcpgo.ReadResourceRequest) ([]mcpgo.ResourceContents, error) {
	id, name, ok := strings.Cut(strings.TrimPrefix(req.Params.URI, resourceURI), "/")
	pages := resourcePages()
	i := slices.IndexFunc(pages, func(p resourcePage) bool { return p.name == name })
	question, asks, err := searched(name)
	if err != nil {
		return nil, resourceError(err)
	}
	if asks {
		i = len(pages)
	}
	roleID, isRole := strings.CutPrefix(name, agentsPage)
	if !ok || !strings.HasPrefix(req.Params.URI, resourceURI) || i < 0 && !isRole {
		return nil, resourceError(fault.NotFound("resource_not_found", "there is no resource %q", clip(req.Params.URI, maxTitle)).
			WithHint("addresses look like %s%s/status", resourceURI, currentProject))
	}
	c := &call{env: s.config.Env, session: s.session(ctx), catalogue: s.catalogue, progress: func(time.Duration, string) {}}
	w, err := c.open(ctx)
	if err != nil {
		return nil, resourceError(err)
	}
	if id != currentProject {
		p, err := w.Projects.Find(ctx, id)
		if err != nil {
			return nil, resourceError(err)
		}
		if p.ID != w.at.Project {
			w.at = core.Place{Project: p.ID} // its folder is not known here
		}
	}
	var text, mime string
	switch {
	case asks:
		text, mime, err = s.reply(ctx, w, "search_code", map[string]any{"query": question})
	case isRole:
		text, mime, err = readRole(w, roleID)
	default:
		text, mime, err = s.page(ctx, w, &pages[i])
	}
	if err != nil {
		return nil, resourceError(err)
	}
	return []mcpgo.ResourceContents{mcpgo.TextResourceContents{URI: req.Params.URI, MIMEType: mime, Text: text}}, nil
}

func (s *Server) page(ctx context.Context, w *work, p *resourcePage) (text, mime string, err error) {
	if s.config.Env.Render != nil {
		snapshot, err := w.Snapshot(ctx, w.now())
		if err != nil {
			return "", "", err
		}
		files, err := s.config.Env.Render(snapshot)
		if err != nil {
			return "", "", err
		}
		content, ok := files[p.file]
		if !ok {
			return "", "", fault.Failed("resource_missing", "the project has no %s", p.file).
				WithHint("run `layercake project render`")
		}
		return string(content), typeMarkdown, nil
	}
	return s.reply(ctx, w, p.tool, nil)
}

// reply is what a tool says.
func (s *Server) reply(ctx context.Context, w *work, tool string, input map[string]any) (text, mime string, err error) {
	raw, err := json.Marshal(input)
	if err != nil {
		return "", "", fmt.Errorf("ask %s: %w", tool, err)
	}
	if input == nil {
		raw = nil
	}
	here := *w.call
	here.env.Open = func(context.Context) (*core.App, core.Place, core.Caller, error) { return w.App, w.at, w.by, nil }
	out, err := s.catalogue.byName[tool].call(ctx, &here, raw)
	return string(out), typeJSON, err
}

// resourceError puts all of an error into its text: that is all that a client
// is sent.
func resourceError(err error) error {
	e := fault.From(err)
	if e.Hint != "" {
		return fmt.Errorf("%s; %s (%s)", e.Error(), e.Hint, e.Code)
	}
	return fmt.Errorf("%s (%s)", e.Error(), e.Code)
}

// completer completes the addresses of resources.
type completer struct{ s *Server }

var _ server.ResourceCompletionProvider = completer{}

// CompleteResourceArgument offers pages and the projects there are. It offers
// less, not an error, when the database does not answer.
func (c completer) CompleteResourceArgument(
	ctx context.Context, _ string, argument mcpgo.CompleteArgument, _ mcpgo.CompleteContext,
) (*mcpgo.Completion, error) {
	var values []string
	switch argument.Name {
	case "page":
		for _, p := range resourcePages() {
			values = append(values, p.name)
		}
	case "role":
		values = role.IDs(role.Builtin())
	case "id":
		values = append([]string{currentProject}, c.projects(ctx)...)
	}
	begin := strings.ToLower(argument.Value)
	values = slices.DeleteFunc(values, func(v string) bool { return !strings.HasPrefix(v, begin) })
	const most = 100 // the protocol's limit
	total := len(values)
	if values == nil {
		values = []string{}
	}
	return &mcpgo.Completion{Values: values[:min(most, total)], Total: total, HasMore: total > most}, nil
}

func (c completer) projects(ctx context.Context) []string {
	app, _, _, err := c.s.config.Env.Open(ctx)
	if err != nil {
		return nil
	}
	list, err := app.Projects.List(ctx, false)
	if err != nil {
		return nil
	}
	slugs := make([]string, len(list))
	for i := range list {
		slugs[i] = list[i].Slug
	}
	return slugs
}
