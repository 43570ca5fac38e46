# Convenience only: every target is one command that can be typed instead.

.PHONY: check fmt it bench-build bench-parts bench bench-stuck run

# What CI runs: format, lint, fences, all tests, the distribution.
check:
	mvn -B verify

fmt:
	mvn -B -q spotless:apply

# The integration tests alone, against a freshly packed distribution.
it:
	mvn -B -Dfast -DskipITs=false -Dassembly.skipAssembly=false -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false verify

# What the benchmarks run: the packed distribution and benchmarks.jar.
bench-build:
	mvn -B -q -Dfast -DskipTests -Dassembly.skipAssembly=false -Pbench -pl eventmesh-dist,eventmesh-benchmarks -am package

# JMH for the parts.
bench-parts: bench-build
	java -jar eventmesh-benchmarks/target/benchmarks.jar -prof gc -f 1 -wi 3 -w 1s -i 3 -r 1s -v SILENT \
	  -jvmArgsAppend "-XX:+UseSerialGC -Dslf4j.internal.verbosity=ERROR" '(Scan|MemoryStorage|Engine)Benchmark' \
	  -rf text -rff eventmesh-benchmarks/target/jmh.txt
	grep -v '·gc.count\|gc.count\|gc.time\|gc.alloc.rate ' eventmesh-benchmarks/target/jmh.txt

SYSTEM = java -Dslf4j.internal.verbosity=ERROR -cp eventmesh-benchmarks/target/benchmarks.jar io.eventmesh.benchmarks

# The packed distribution beside its yardsticks; ARGS are rows (all, or some with commas), seconds a phase and rounds.
bench: bench-build
	$(SYSTEM).system.SystemBenchmark $(ARGS)

# Healthy groups beside a stuck and a slow one, ten minutes; ARGS are pairs and seconds a phase.
bench-stuck: bench-build
	$(SYSTEM).system.StuckMembers $(ARGS)

run:
	bin/start.sh $(ARGS)
