using Kumiki.Serving;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Kumiki.Hosting;

/// <summary>Sends the spans of <see cref="ServingTrace"/> to a collector, in the background and in batches; those that do not fit into its queue of 2,048 are
/// dropped. Disposing it sends what is left.</summary>
/// <remarks>OpenTelemetry's own variables hold beside the address: OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES,
/// OTEL_SERVICE_NAME and the others.</remarks>
sealed class OtlpExport : IDisposable
{
    const string PathOfTraces = "v1/traces";

    static readonly string[] Variables = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

    readonly TracerProvider provider;

    OtlpExport(TracerProvider provider) => this.provider = provider;

    /// <summary>Begins to listen for spans.</summary>
    /// <returns>Null where nothing says where to send them: then none are made.</returns>
    public static OtlpExport? Begin(OperatingSettings settings)
    {
        if (settings.Otlp is null && Variables.All(v => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(v)))) return null;
        var resource = ResourceBuilder.CreateDefault();
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME")))
            resource.AddService("kumiki", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version!.ToString(3));
        return new(Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(ServingTrace.Name).AddOtlpExporter(Configure).Build());

        void Configure(OtlpExporterOptions options)
        {
            if (settings.Otlp is not { } address) return;
            options.Protocol = OtlpExportProtocol.HttpProtobuf;
            options.Endpoint = address.AbsolutePath == "/" ? new(address, PathOfTraces) : address;
        }
    }

    public void Dispose() => provider.Dispose();
}
