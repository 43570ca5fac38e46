# Convenience only: every target is one command that can be typed instead.

.PHONY: check fmt it bench-build bench-parts bench bench-rules bench-stuck bench-targets bench-reports bench-groups run check-histories contract-brokers chaos-durable chaos-tasks chaos-cluster chaos-short chaos-zookeeper chaos-one chaos-broker chaos-restarts

# What CI runs: format, lint, fences, all tests, the distribution.
check:
	mvn -B verify

# The hosted plugins hold no code of ours.
fmt:
	mvn -B -q spotless:apply $(foreach module,$(wildcard eventmesh-connectors/hosted/*),-pl '!$(module)')

# The integration tests alone, against a freshly packed distribution; some of them with ARGS=-Dit.test=RollingRestartIT,…
it:
	mvn -B -Dfast -DskipITs=false -Dassembly.skipAssembly=false -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dfailsafe.failIfNoSpecifiedTests=false $(ARGS) verify

# What the benchmarks run: the packed distribution, benchmarks.jar and the class path of a Kafka broker.
bench-build:
	mvn -B -q -Dfast -DskipTests -Dassembly.skipAssembly=false -Pbench \
	  -pl eventmesh-dist,eventmesh-benchmarks,eventmesh-tests/broker -am package

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

# An event judged by 100 to 10,000 rules with reading its JSON apart, and sets of rules as dear as they can be.
bench-rules: bench-build
	java -jar eventmesh-benchmarks/target/benchmarks.jar -f 1 -v SILENT \
	  -jvmArgsAppend "-XX:+UseSerialGC -Dslf4j.internal.verbosity=ERROR" RuleIndexBenchmark \
	  -rf text -rff eventmesh-benchmarks/target/jmh-rules.txt
	cat eventmesh-benchmarks/target/jmh-rules.txt
	$(SYSTEM).rules.WorstRules $(ARGS)

# Healthy groups beside a stuck and a slow one, ten minutes; ARGS are pairs and seconds a phase.
bench-stuck: bench-build
	$(SYSTEM).system.StuckMembers $(ARGS)

# A healthy target of a rule beside a dead one; ARGS are rounds, seconds a phase, after how many failures the dead one
# rests (0 for never), and events a second (0 for as many as are taken).
bench-targets: bench-build
	$(SYSTEM).system.DeadTarget $(ARGS)

# Reports of runtimes that an admin answers on one processor; ARGS are rounds and seconds a round.
bench-reports: bench-build
	$(SYSTEM).system.ReportBenchmark $(ARGS)

# A thousand topics in twenty streams and a hundred groups on two runtimes on Kafka, two minutes; ARGS are groups, events a
# second and seconds.
bench-groups: bench-build
	$(SYSTEM).system.ManyGroups $(ARGS)

run:
	bin/start.sh $(ARGS)

# 100,000 whole lives of a mesh by seed; one again with ARGS=-Deventmesh.seed=N, others with -Deventmesh.first-seed=N.
check-histories:
	mvn -B -q -Dfast test -pl eventmesh-runtime -am -Dtest=MeshHistoriesTest \
	  -Dsurefire.failIfNoSpecifiedTests=false -Deventmesh.histories=100000 $(ARGS)

# The storage contract on three brokers, as processes, with three replicas of which two must be in sync.
contract-brokers:
	mvn -B -Dfast -DskipITs=false -Dexcluded.tags=chaos -Dtest=NONE -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dfailsafe.failIfNoTests=false -Dgroups=brokers -pl eventmesh-tests -am $(ARGS) verify

# Kills of subscribers and of a durable mesh under load, images of its disk (as root, to mount them), a log of 1 GiB.
chaos-durable:
	mvn -B -Dfast -DskipITs=false -Dassembly.skipAssembly=false -Dtest.forks=1 -Dtest=NONE \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \
	  -Dit.test='SubscriberKillIT,MeshKillIT,DiskImageIT,LongLogIT' -pl eventmesh-tests -am \
	  -Deventmesh.chaos.subscriber-kills=20 -Deventmesh.chaos.mesh-kills=50 -Deventmesh.chaos.images=50 \
	  -Deventmesh.chaos.log-mib=1024 -Deventmesh.chaos.ready-seconds=5 $(ARGS) verify

# Kills and pauses of connector runtimes and of the leading admin under tasks that count; the admin, ZooKeeper and both
# away for minutes; the admin killed between commits; the main job with twenty times a machine's packages.
chaos-tasks:
	mvn -B -Dfast -DskipITs=false -Dassembly.skipAssembly=false -Dtest.forks=1 -Dtest=NONE \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \
	  -Dit.test='TaskKillIT,OutageIT,AdminKillIT,MainJobIT' -pl eventmesh-tests -am \
	  -Dtask-kill.rounds=45 -Dtask-kill.defaults=5 -Doutage.minutes=5 \
	  -Dadmin-kill.rounds=20 -Dmainjob.times=20 $(ARGS) verify

# Mesh runtimes on Kafka, and one on its disk, while processes, ZooKeeper, brokers and the links between them fail, on
# loopback and between network namespaces (as root): MINUTES for each test, ZooKeeper away for 10. What this machine cannot
# do is named with ARGS=-Dchaos.skip=netem,…; one run again with ARGS=-Dchaos.seed=N.
MINUTES = 10
chaos-cluster:
	mvn -B -Dfast -Pchaos -DskipITs=false -Dassembly.skipAssembly=false -Dtest.forks=1 -Dtest=NONE \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \
	  -Dit.test='OutageOfOneIT,PartitionOfOneIT,ClusterFaultsIT,RollingBrokersIT,ClusterPartitionIT' -pl eventmesh-tests -am \
	  -Dchaos.minutes=$(MINUTES) $(ARGS) verify

# The rows of docs/reference/reliability.md, each fault once. At 5,000 events a second: those "short form" on Kafka.
chaos-short:
	$(MAKE) chaos-cluster MINUTES=0 ARGS='-Dchaos.rate=5000 -Dchaos.brokers=3 -Dit.test=EveryFaultIT $(ARGS)'

# ZooKeeper away for 10 minutes from two runtimes on Kafka.
chaos-zookeeper:
	$(MAKE) chaos-cluster MINUTES=1 ARGS='-Dchaos.rate=500 -Dit.test=ClusterFaultsIT#withoutZooKeeperNoPublishFails $(ARGS)'

# One runtime on its disk: ZooKeeper, links, hosts.
chaos-one:
	$(MAKE) chaos-cluster MINUTES=0 ARGS='-Dchaos.rate=5000 -Dit.test=OutageOfOneIT,PartitionOfOneIT $(ARGS)'

# Two runtimes on the only broker: that one killed and ended, the runtimes, links.
chaos-broker:
	$(MAKE) chaos-cluster MINUTES=0 ARGS='-Dchaos.rate=5000 -Dit.test=ClusterFaultsIT#nothingAckedIsLostWhateverFails $(ARGS)'

# Runtimes that are ended and killed in turn under an application of our SDK.
chaos-restarts:
	$(MAKE) it ARGS='-pl eventmesh-tests -am -Dit.test=RollingRestartIT,SdkFollowsIT $(ARGS)'
