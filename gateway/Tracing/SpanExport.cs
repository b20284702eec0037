using System.Diagnostics;
using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Trace;

namespace Gateway.Tracing;

/// <summary>
/// OpenTelemetry's batching OTLP exporter, set by its own <c>OTEL_EXPORTER_OTLP_*</c> and <c>OTEL_BSP_*</c> variables, with a count of
/// what it could not deliver.
/// </summary>
internal sealed partial class SpanExport : BatchActivityExportProcessor
{
    private readonly Exporter _exporter;
    private readonly int _capacity;

    private SpanExport(Exporter exporter, BatchExportActivityProcessorOptions batch)
        : base(exporter, batch.MaxQueueSize, batch.ScheduledDelayMilliseconds, batch.ExporterTimeoutMilliseconds, batch.MaxExportBatchSize)
    {
        _exporter = exporter;
        _capacity = batch.MaxQueueSize;
    }

    /// <summary>Whether the environment asks for export: it names an endpoint, or the exporter itself.</summary>
    public static bool IsWanted => ExportVariables.Value("OTEL_TRACES_EXPORTER") switch
    {
        "none" => false,
        "otlp" => true,
        _ => Endpoint("TRACES_") is not null || Endpoint("") is not null,
    };

    public static SpanExport Create(ILogger<SpanExport> logger, GatewayMetrics metrics, TimeProvider time) =>
        new(new Exporter(OptionsFromEnvironment(), logger, metrics, time), new BatchExportActivityProcessorOptions());

    /// <summary>
    /// Takes the span where the queue has room. The queue of the base class refuses silently; so room is counted here, until the
    /// batch that a span is part of has been dealt with.
    /// </summary>
    protected override void OnExport(Activity data)
    {
        if (!_exporter.TryReserve(_capacity))
        {
            _exporter.CountDropped(1);
            return;
        }

        base.OnExport(data);
    }

    private static string? Endpoint(string signal) => ExportVariables.Value($"OTEL_EXPORTER_OTLP_{signal}ENDPOINT");

    /// <summary>The options read the general variables themselves; those of the signal win, and its endpoint is used as it is.</summary>
    private static OtlpExporterOptions OptionsFromEnvironment()
    {
        var options = new OtlpExporterOptions();
        options.Protocol = ExportVariables.Value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") switch
        {
            "grpc" => OtlpExportProtocol.Grpc,
            "http/protobuf" => OtlpExportProtocol.HttpProtobuf,
            _ => options.Protocol,
        };
        options.Compression = ExportVariables.Value("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION")?.ToUpperInvariant() switch
        {
            "GZIP" => OtlpExportCompression.GZip,
            "NONE" => OtlpExportCompression.None,
            _ => options.Compression,
        };
        options.Headers = ExportVariables.Value("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? options.Headers;
        if (int.TryParse(ExportVariables.Value("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"), CultureInfo.InvariantCulture, out int timeout))
        {
            options.TimeoutMilliseconds = timeout;
        }

        if (Uri.TryCreate(Endpoint("TRACES_"), UriKind.Absolute, out Uri? endpoint))
        {
            options.Endpoint = endpoint;
        }

        return options;
    }

    /// <summary>The OTLP exporter, counting.</summary>
    private sealed class Exporter(OtlpExporterOptions options, ILogger logger, GatewayMetrics metrics, TimeProvider time) : OtlpTraceExporter(options)
    {
        // The words of OTEL_EXPORTER_OTLP_PROTOCOL, for what listens on one port for the one is easily asked for the other.
        private readonly string _protocol = options.Protocol == OtlpExportProtocol.Grpc ? "grpc" : "http/protobuf";
        private readonly string _address = options.Endpoint.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

        private readonly OncePerMinute _losses = new(time);
        private long _queued;
        private long _dropped;

        public bool TryReserve(int capacity)
        {
            if (Interlocked.Increment(ref _queued) <= capacity)
            {
                return true;
            }

            Interlocked.Decrement(ref _queued);
            return false;
        }

        public override ExportResult Export(in Batch<Activity> batch)
        {
            long size = batch.Count;
            ExportResult result = base.Export(batch);
            Interlocked.Add(ref _queued, -size);
            if (result == ExportResult.Failure)
            {
                CountDropped(size);
            }

            return result;
        }

        public void CountDropped(long spans)
        {
            metrics.SpansDropped(spans);
            long dropped = Interlocked.Add(ref _dropped, spans);
            if (_losses.IsDue())
            {
                Log.Dropped(logger, _address, _protocol, dropped);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 300, Level = LogLevel.Warning,
            Message = "The trace collector at {Address} did not take all spans by {Protocol}: {Dropped} dropped since the start. Said at most once a minute.")]
        public static partial void Dropped(ILogger logger, string address, string protocol, long dropped);
    }
}
