# Convenience only: every target is one command that can be typed instead.

.PHONY: check fmt it bench run

# What CI runs: format, lint, fences, all tests, the distribution.
check:
	mvn -B verify

fmt:
	mvn -B -q spotless:apply

# The integration tests alone, against a freshly packed distribution.
it:
	mvn -B -Dfast -DskipITs=false -Dassembly.skipAssembly=false -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false verify

bench:
	mvn -B -q -Dfast -Pbench -DskipTests -pl eventmesh-benchmarks -am package
	java -jar eventmesh-benchmarks/target/benchmarks.jar $(ARGS)

run:
	bin/start.sh $(ARGS)
