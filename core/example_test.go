package core_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster"
)

// LayerCake is a library too: a program of your own can keep its projects in
// the same log. Here it starts a private Postgres, begins a project, plans two
// tasks, and asks what the first gate waits for.
func Example() {
	ctx := context.Background()
	dir, cfg := exampleDir()
	defer func() { _ = os.RemoveAll(dir) }()

	info, err := cluster.Ensure(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = cluster.Stop(ctx, cfg) }()
	store, err := db.Open(ctx, info.ConnString, db.Options{Migrate: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	app := core.New(core.Config{
		Store:     store,
		Artifacts: artifact.NewFS(filepath.Join(dir, "artifacts"), artifact.FSOptions{}),
	})

	ada := core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}}
	p, err := app.Projects.Create(ctx, ada, core.NewProject{Name: "Bakery"})
	if err != nil {
		fmt.Println(err)
		return
	}
	oven, err := app.Tasks.Add(ctx, ada, p.ID, core.NewTask{Title: "Build the oven"})
	if err != nil {
		fmt.Println(err)
		return
	}
	bread, err := app.Tasks.Add(ctx, ada, p.ID, core.NewTask{Title: "Bake bread", DependsOn: []string{oven.ID}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ready:", oven.Ready, bread.Ready)

	readiness, err := app.Gates.Check(ctx, core.Place{Project: p.ID}, "G1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range readiness.Reasons {
		fmt.Println(r.Code)
	}
	audit, err := app.Log.Verify(ctx, p.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("events:", audit.Events, "chain whole:", audit.OK)
	// Output:
	// ready: true false
	// deliverable_open
	// task_open
	// task_open
	// events: 3 chain whole: true
}
