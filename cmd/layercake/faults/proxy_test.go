//go:build unix

package faults

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// proxy stands between programs and a database, and can hold messages back: for
// the program the database then has stalled.
type proxy struct {
	url string
	// held gets a value when something is held back.
	held chan struct{}
	// release is closed to let everything through again.
	release chan struct{}
	let     sync.Once

	network, address string
	// stalls decides, by what a program sends or is sent, from which message on
	// a connection is held back.
	stalls func(toServer bool, message []byte) bool
}

// newProxy returns a proxy before a database.
func newProxy(t *testing.T, database string, stalls func(toServer bool, message []byte) bool) *proxy {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	require.NoError(t, err)
	p := &proxy{
		held: make(chan struct{}, 1), release: make(chan struct{}), stalls: stalls,
		network: "tcp", address: net.JoinHostPort(config.Host, fmt.Sprint(config.Port)),
	}
	if strings.HasPrefix(config.Host, "/") {
		p.network, p.address = "unix", filepath.Join(config.Host, fmt.Sprintf(".s.PGSQL.%d", config.Port))
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: listener.Addr().String(), Path: "/" + config.Database,
		RawQuery: "sslmode=disable",
	}
	p.url = address.String()
	t.Cleanup(func() {
		p.pass()
		_ = listener.Close()
	})
	go p.serve(listener)
	return p
}

// pass lets everything through from now on.
func (p *proxy) pass() { p.let.Do(func() { close(p.release) }) }

func (p *proxy) serve(listener net.Listener) {
	for {
		front, err := listener.Accept()
		if err != nil {
			return // closed: the test is over
		}
		back, err := net.Dial(p.network, p.address) //nolint:noctx // ends with the test
		if err != nil {
			_ = front.Close()
			continue
		}
		c := &connection{proxy: p, stalled: make(chan struct{})}
		go c.pump(back, front, true)
		go c.pump(front, back, false)
	}
}

// connection is one connection through a proxy. Both directions stall together.
type connection struct {
	*proxy

	once    sync.Once
	stalled chan struct{}
}

func (c *connection) pump(to, from net.Conn, toServer bool) {
	defer func() {
		_ = to.Close()
		_ = from.Close()
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		message := buffer[:n]
		if c.stalls(toServer, message) {
			c.once.Do(func() { close(c.stalled) })
		}
		select {
		case <-c.stalled:
			select {
			case c.held <- struct{}{}:
			default: // said already
			}
			<-c.release
		default:
		}
		if _, err := to.Write(message); err != nil {
			return
		}
	}
}

// atCommit stalls when a program is about to end its transaction, with the
// project's lock in its hand.
func atCommit(toServer bool, message []byte) bool {
	return toServer && bytes.Contains(message, []byte("COMMIT"))
}
