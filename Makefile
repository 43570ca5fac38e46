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

# JMH for the parts, then the packed distribution beside its yardstick; ARGS are seconds a phase and rounds.
bench:
	mvn -B -q -Dfast -DskipTests -Dassembly.skipAssembly=false -Pbench -pl eventmesh-dist,eventmesh-benchmarks -am package
	java -jar eventmesh-benchmarks/target/benchmarks.jar -prof gc -f 1 -wi 3 -w 1s -i 3 -r 1s -v SILENT \
	  -jvmArgsAppend "-XX:+UseSerialGC -Dslf4j.internal.verbosity=ERROR" '(Scan|MemoryStorage|Engine)Benchmark' \
	  -rf text -rff eventmesh-benchmarks/target/jmh.txt
	grep -v '·gc.count\|gc.count\|gc.time\|gc.alloc.rate ' eventmesh-benchmarks/target/jmh.txt
	java -Dslf4j.internal.verbosity=ERROR -cp eventmesh-benchmarks/target/benchmarks.jar \
	  io.eventmesh.benchmarks.system.SystemBenchmark $(ARGS)

run:
	bin/start.sh $(ARGS)
