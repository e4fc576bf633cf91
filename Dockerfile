# The simulated database as a small image: no Spark in it.
FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /cdf
COPY . .
RUN mvn -B -q -Dfast -Dmaven.test.skip -pl producer -am package

FROM eclipse-temurin:17-jre
COPY --from=build /cdf/producer/target/cdf-producer-*.jar /cdf/producer/target/jars/ /cdf/
USER 10001:10001
# generate touches the file every second, but only while the broker acknowledges what it sends.
HEALTHCHECK --interval=5s --timeout=3s --start-period=15s --retries=2 \
  CMD test -n "$(find /tmp/cdf-healthy -newermt '10 seconds ago')"
# The exec form: java is process 1, so that SIGTERM reaches it and it still prints its summary.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-cp", "/cdf/*", \
  "cdf.producer.Producer", "generate", "--health-file", "/tmp/cdf-healthy"]
