// Package mcp is LayerCake for AI agents: one catalogue of tools, each declared
// once with a typed input and output, shown in three ways — as a Model Context
// Protocol server ([Server]), as functions that a script can call ([Call]), and
// as the tool reference ([WriteReference]).
//
// Tools are thin: they call the same functions of package core as every other
// door. What an agent may not do is refused there, not here.
package mcp

//go:generate go run ./internal/reference ../docs/reference/mcp-tools.md
