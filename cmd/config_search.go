package cmd

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// searchLocal is the value of search.provider that asks nobody.
const searchLocal = "local"

// provider says who is asked what code means.
func (f *Factory) provider(s *settings) search.Provider {
	if s.SearchProvider == searchLocal {
		return search.Provider{}
	}
	return search.Provider{MaxCost: s.SearchMaxCost, Config: embed.Config{
		Provider: s.SearchProvider, Model: s.SearchModel, Dims: s.SearchDimensions, BaseURL: s.SearchBaseURL,
		KeyEnv: s.SearchKeyEnv, Getenv: f.env.get,
	}}
}

func checkProvider(value string) error {
	if value != searchLocal && !slices.Contains(embed.Providers(), value) {
		return errors.New("it should be local, " + strings.Join(embed.Providers(), ", "))
	}
	return nil
}

func checkAny(string) error { return nil }

func checkDimensions(value string) error {
	const most = 4000
	if n, err := strconv.Atoi(value); err != nil || n < 0 || n > most {
		return errors.New("it should be a number between 1 and 4000, or 0")
	}
	return nil
}

// checkVariable refuses what is no name of a variable: rather the key itself.
func checkVariable(value string) error {
	if value != "" && !regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`).MatchString(value) {
		return errors.New("it should be the name of an environment variable such as OPENAI_API_KEY, and not the key")
	}
	return nil
}

func checkCost(value string) error {
	if n, err := strconv.ParseFloat(value, 64); err != nil || n < 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		return errors.New("it should be an amount of US dollars such as 0.50")
	}
	return nil
}
