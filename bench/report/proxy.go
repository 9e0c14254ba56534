//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
)

// counter is a proxy in front of the database that counts how often a client
// waits for it: what a command costs when the database is far away.
type counter struct {
	listener net.Listener
	target   string
	url      string

	mu sync.Mutex
	// trips counts answers waited for, without those that made the connection.
	trips int
}

// newCounter listens on a socket of its own.
func (r *rig) newCounter(ctx context.Context) (*counter, error) {
	const name = ".s.PGSQL.5432"
	u, err := url.Parse(r.url)
	if err != nil {
		return nil, fmt.Errorf("read the database's URL: %w", err)
	}
	q := u.Query()
	c := &counter{target: filepath.Join(q.Get("host"), name)}
	var listen net.ListenConfig
	if c.listener, err = listen.Listen(ctx, "unix", filepath.Join(r.dir, name)); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	q.Set("host", r.dir)
	u.RawQuery = q.Encode()
	c.url = strings.ReplaceAll(u.String(), "%2F", "/")
	go c.serve(ctx)
	return c, nil
}

func (c *counter) serve(ctx context.Context) {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return // closed
		}
		go c.relay(ctx, client)
	}
}

// relay passes everything on. An answer that follows a request is a round trip;
// the first of a connection belongs to making it.
func (c *counter) relay(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }() // the other side is told by it
	var dial net.Dialer
	server, err := dial.DialContext(ctx, "unix", c.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }() // the other side is told by it
	var mu sync.Mutex
	asked, first := false, true
	go func() {
		defer func() { _ = server.Close() }() // the client has left
		pump(client, server, func() { mu.Lock(); asked = true; mu.Unlock() })
	}()
	pump(server, client, func() {
		mu.Lock()
		defer mu.Unlock()
		if !asked {
			return
		}
		asked = false
		c.mu.Lock()
		defer c.mu.Unlock()
		if first {
			first = false
			return
		}
		c.trips++
	})
}

func pump(from, to net.Conn, seen func()) {
	const size = 64 << 10
	buf := make([]byte, size)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			seen()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// count returns what was counted since the last call.
func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	trips := c.trips
	c.trips = 0
	return trips
}
