package markdown

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/layercake-dev/layercake/core/fault"
)

const (
	// settle is how long nothing more may happen before files are read: editors
	// write in several steps, and git writes many files.
	settle = 150 * time.Millisecond
	// mostBehind is how long what goes on and on is waited for.
	mostBehind = time.Second
)

// WatchParams says what to keep in step.
type WatchParams struct {
	SyncParams

	// DocsDir is the documents' folder, relative to the root.
	DocsDir string
	// Done is told what came of each sync that did something, or refused a file
	// for a reason that was not told yet. An error ends the watch.
	Done func(ctx context.Context, result *SyncResult) error
	// Trouble is told what stands in the way, once until it is something else.
	Trouble func(err error)
}

// Watch syncs at once, and again whenever a file or the project changed, until the
// context ends or Done returns an error. What goes wrong is told and tried again:
// when git is done, when the database is back, when the file is another one.
func (w *Writer) Watch(ctx context.Context, p WatchParams) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v := &watch{
		w: w, p: p, versions: make(chan int64, 1), lost: make(chan error, 1), log: make(chan error, 1),
		failed: true, refused: map[string]string{},
	}
	if notices, err := fsnotify.NewWatcher(); err == nil { // else the system has no more of them to give
		v.notices, v.files, v.overflow = notices, notices.Events, notices.Errors
		defer func() { _ = notices.Close() }() // nothing is written to it
	}
	go func() { v.log <- w.source.Watch(ctx, p.Project, v.tick, v.trouble) }()
	err := v.run(ctx)
	if !v.ended {
		cancel()
		<-v.log //nolint:errcheck // that it ended is all there is to know
	}
	return err
}

// watch is a Watch at work.
type watch struct {
	w *Writer
	p WatchParams
	// notices tell of files at once. What they miss is seen by looking once a
	// second: folders that come and go, file systems that tell nothing.
	notices  *fsnotify.Watcher
	files    <-chan fsnotify.Event
	overflow <-chan error
	// versions are the ends of the log, lost is why the database does not answer,
	// and log gets the error with which following it ended.
	versions  chan int64
	lost, log chan error
	ended     bool
	// version is the newest, and seen what log and files were before the last
	// sync. failed says that it has to be tried again.
	version int64
	seen    string
	failed  bool
	// told is the trouble that was told last, and refused by file why.
	told    string
	refused map[string]string
}

func (v *watch) run(ctx context.Context) error {
	for {
		if err := v.wait(ctx); err != nil {
			return err
		}
		if err := v.sync(ctx); err != nil {
			return err
		}
	}
}

// tick is called when the project may have changed, and once a second, by the one
// who follows the log.
func (v *watch) tick(ctx context.Context) error {
	head, _, err := v.w.source.State(ctx, v.p.Project)
	if err != nil {
		return err
	}
	select {
	case <-v.versions: // nobody looked at it, and now it is old
	default:
	}
	v.versions <- head.Version
	return nil
}

// trouble is called by the one who follows the log.
func (v *watch) trouble(err error) {
	select {
	case v.lost <- err:
	default: // the last one is still to be told
	}
}

// wait returns when something happened and then nothing for a while.
func (v *watch) wait(ctx context.Context) error {
	var quiet, late <-chan time.Time
	happened := func() {
		quiet = time.After(settle)
		if late == nil {
			late = time.After(mostBehind)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-v.log:
			v.ended = true
			return err
		case err := <-v.lost:
			v.tell(err)
		case v.version = <-v.versions:
			if v.told == databaseAway {
				v.told = ""
			}
			v.listen()
			if v.failed || v.look() != v.seen {
				happened()
			}
		case e := <-v.files:
			if v.concerns(e) {
				happened()
			}
		case <-v.overflow: //nolint:errcheck // what was missed is looked for
			happened()
		case <-quiet:
			return nil
		case <-late:
			return nil
		}
	}
}

// docs is the documents' folder.
func (v *watch) docs() string {
	return filepath.Join(v.p.Root, filepath.FromSlash(docsName(v.p.DocsDir)))
}

// listen asks for notices of the documents' folder and those that it is in, so
// that it is seen when it comes again. What cannot be listened to is looked at.
func (v *watch) listen() {
	if v.notices == nil {
		return
	}
	for dir := v.docs(); ; dir = filepath.Dir(dir) {
		_ = v.notices.Add(dir) // see above
		if dir == v.p.Root || len(dir) < len(v.p.Root) {
			return
		}
	}
}

// concerns reports whether a notice is about one of the files or their folder.
func (v *watch) concerns(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod { // a change of the mode shows by looking
		return false
	}
	docs := v.docs()
	if e.Name == docs || strings.HasPrefix(docs, e.Name+string(filepath.Separator)) {
		v.listen()
		return true
	}
	return filepath.Dir(e.Name) == docs && isDocument(filepath.Base(e.Name))
}

func isDocument(name string) bool { return filepath.Ext(name) == ".md" && name[0] != '.' }

// look returns what tells a state of log and files from another one.
func (v *watch) look() string {
	var b strings.Builder
	_, _ = fmt.Fprintln(&b, v.version) // a builder takes everything
	entries, err := os.ReadDir(v.docs())
	if err != nil {
		_, _ = fmt.Fprintln(&b, err)
	}
	for _, e := range entries {
		if !isDocument(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil {
			_, _ = fmt.Fprintln(&b, info.Name(), info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// sync brings files and project in step, and tells what came of it if that is
// something new.
func (v *watch) sync(ctx context.Context) error {
	v.seen = v.look()
	result, err := v.w.Sync(ctx, v.p.SyncParams)
	v.failed = err != nil
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		v.tell(err)
		return nil
	}
	v.told = ""
	refused := map[string]string{}
	var fresh []FileReport
	for _, r := range result.Refused {
		refused[r.Path] = r.Message
		if v.refused[r.Path] != r.Message {
			fresh = append(fresh, r)
		}
	}
	v.refused = refused
	if len(fresh)+len(result.Taken)+len(result.Conflicts)+len(result.Written) == 0 {
		return nil
	}
	result.Refused = append([]FileReport{}, fresh...)
	return v.p.Done(ctx, result)
}

// databaseAway stands for every way in which a database does not answer.
const databaseAway = "the database does not answer"

func (v *watch) tell(err error) {
	text := err.Error()
	if fault.KindOf(err) == fault.KindUnreachable {
		text = databaseAway
	}
	if text != v.told {
		v.told = text
		v.p.Trouble(err)
	}
}
