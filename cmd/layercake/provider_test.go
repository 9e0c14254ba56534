package main

import (
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/layercake-dev/layercake/core/search/embed/embedtest"
)

// provider is the server that a script asks what code means.
type provider struct {
	server *embedtest.Server
	// paid is how many texts were paid for when the script last looked.
	paid int
}

type providerKey struct{}

func providerOf(ts *testscript.TestScript) *provider { return ts.Value(providerKey{}).(*provider) }

// provide starts a server that answers as OpenAI does, and sets OPENAI_API_KEY and
// PROVIDER, its address; then, and later, it has it behave as is said:
//
//	provider BEHAVIOUR
func provide(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: provider BEHAVIOUR")
	}
	p := providerOf(ts)
	if p.server == nil {
		p.server = embedtest.New()
		ts.Defer(p.server.Close)
		ts.Setenv("PROVIDER", p.server.Base())
		ts.Setenv("OPENAI_API_KEY", embedtest.Key)
	}
	if args[0] == "gone" {
		p.server.Close()
		return
	}
	b, err := embedtest.Named(args[0])
	ts.Check(err)
	p.server.Behave(b)
}

// paid holds that texts were paid for since it was last asked, or with ! that none
// were, and that none was ever paid for twice.
func paid(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 0 {
		ts.Fatalf("usage: paid")
	}
	p := providerOf(ts)
	if twice := p.server.Twice(); len(twice) > 0 {
		ts.Fatalf("paid for more than once: %q", twice)
	}
	before := p.paid
	p.paid = p.server.Paid()
	ts.Logf("%d texts were paid for", p.paid-before)
	if neg != (p.paid == before) {
		ts.Fatalf("%d texts were paid for", p.paid-before)
	}
}
