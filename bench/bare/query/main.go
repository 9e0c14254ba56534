// Command query connects to the database named in its first argument, runs the
// query in its second, and reads the rows: what a reading command cannot be
// cheaper than.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url, query string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			return fmt.Errorf("read a row: %w", err)
		}
	}
	if rows.Err() != nil {
		return fmt.Errorf("read: %w", rows.Err())
	}
	if err := conn.Close(ctx); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
