# Convenience only: every target is one command that can be typed instead.

.PHONY: check fmt it bench-build bench-parts bench bench-stuck bench-reports run check-histories chaos-durable chaos-tasks

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

# Reports of runtimes that an admin answers on one processor; ARGS are rounds and seconds a round.
bench-reports: bench-build
	$(SYSTEM).system.ReportBenchmark $(ARGS)

run:
	bin/start.sh $(ARGS)

# 100,000 whole lives of a mesh by seed; one again with ARGS=-Deventmesh.seed=N, others with -Deventmesh.first-seed=N.
check-histories:
	mvn -B -q -Dfast test -pl eventmesh-runtime -am -Dtest=MeshHistoriesTest \
	  -Dsurefire.failIfNoSpecifiedTests=false -Deventmesh.histories=100000 $(ARGS)

# Kills of subscribers and of a durable mesh under load, images of its disk (as root, to mount them), a log of 1 GiB.
chaos-durable:
	mvn -B -Dfast -DskipITs=false -Dassembly.skipAssembly=false -Dtest=NONE \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \
	  -Dit.test='SubscriberKillIT,MeshKillIT,DiskImageIT,LongLogIT' -pl eventmesh-tests -am \
	  -Deventmesh.chaos.subscriber-kills=20 -Deventmesh.chaos.mesh-kills=50 -Deventmesh.chaos.images=50 \
	  -Deventmesh.chaos.log-mib=1024 -Deventmesh.chaos.ready-seconds=5 $(ARGS) verify

# Kills and pauses of connector runtimes and of the leading admin under tasks that count, and the admin, ZooKeeper and
# both away for minutes.
chaos-tasks:
	mvn -B -Dfast -DskipITs=false -Dassembly.skipAssembly=false -Dtest=NONE \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \
	  -Dit.test='TaskKillIT,OutageIT' -pl eventmesh-tests -am \
	  -Dtask-kill.rounds=45 -Dtask-kill.defaults=5 -Doutage.minutes=5 $(ARGS) verify
