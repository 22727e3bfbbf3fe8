using System.Text;
using Kumiki.Serving;

namespace Kumiki.Hosting;

/// <summary>Tells tools such as grpcurl which services and messages there are: the answers of <c>grpc.reflection.v1</c> and <c>v1alpha</c>, which differ
/// only in
/// the name (github.com/grpc/grpc-proto, grpc/reflection).</summary>
/// <remarks>The descriptors are those that protoc writes of the .proto files in <c>protos/</c>.</remarks>
static class GrpcReflection
{
    const ulong NotFound = 5, Unimplemented = 12;

    sealed record Shown(IReadOnlyList<string> Services, IReadOnlyDictionary<string, byte[]> ByFile, IReadOnlyDictionary<string, byte[]> BySymbol,
        IReadOnlySet<string> Messages);

    static readonly Lazy<Shown> All = new(Read);

    /// <summary>Answers one request of the stream.</summary>
    /// <exception cref="InferenceException">It is no request.</exception>
    public static void Answer(RequestBody body, WireWriter answer)
    {
        var (host, asked, text) = ("", 0, "");
        var reader = new WireReader(body.Bytes, 0, body.Length);
        while (reader.Next())
        {
            if (reader.Field == 1) host = reader.Text();
            else if (reader.Field is 3 or 4 or 6 or 7) (asked, text) = (reader.Field, reader.Text());
            else if (reader.Field == 5) (asked, text) = (5, TypeOf(reader.Nested()));
            else reader.Skip();
        }
        answer.Text(1, host);
        answer.Bytes(2, body.Bytes.AsSpan(0, body.Length));
        switch (asked)
        {
            case 3: File(answer, All.Value.ByFile.GetValueOrDefault(text), text); break;
            case 4: File(answer, All.Value.BySymbol.GetValueOrDefault(text), text); break;
            // no message here can be extended
            case 5: Error(answer, NotFound, text); break;
            case 6 when All.Value.Messages.Contains(text): Nested(answer, 5, part => part.Text(1, text)); break;
            case 6: Error(answer, NotFound, text); break;
            case 7: Nested(answer, 6, Services); break;
            default: Error(answer, Unimplemented, ""); break;
        }
    }

    static void Services(WireWriter list)
    {
        foreach (var service in All.Value.Services) Nested(list, 1, one => one.Text(1, service));
    }

    static string TypeOf(WireReader extension)
    {
        var type = "";
        while (extension.Next())
        {
            if (extension.Field == 1) type = extension.Text();
            else extension.Skip();
        }
        return type;
    }

    static void File(WireWriter answer, byte[]? file, string asked)
    {
        if (file is null) Error(answer, NotFound, asked);
        else Nested(answer, 4, part => part.Bytes(1, file));
    }

    static void Error(WireWriter answer, ulong code, string asked) => Nested(answer, 7, part =>
    {
        part.Int(1, code);
        part.Text(2, Message.Of("operate.no-descriptor", ("name", InferenceDoor.Short(asked))).In("en"));
    });

    static void Nested(WireWriter into, int field, Action<WireWriter> write)
    {
        using var part = new PooledBuffer();
        write(new(part));
        into.Bytes(field, part.Written.Span);
    }

    // ── the descriptors ──

    /// <summary>FileDescriptorSet { file 1: FileDescriptorProto { name 1, package 2, message_type 4, enum_type 5, service 6 } }.</summary>
    static Shown Read()
    {
        using var stream = typeof(GrpcReflection).Assembly.GetManifestResourceStream("descriptors.pb")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        var (services, byFile, bySymbol) = (new List<string>(), new Dictionary<string, byte[]>(StringComparer.Ordinal),
            new Dictionary<string, byte[]>(StringComparer.Ordinal));
        var messages = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Fields(copy.ToArray(), 1))
        {
            var package = Name(file, 2);
            byFile[Name(file, 1)] = file;
            foreach (var service in Fields(file, 6))
            {
                var name = $"{package}.{Name(service, 1)}";
                services.Add(name);
                bySymbol[name] = file;
                foreach (var method in Fields(service, 2)) bySymbol[$"{name}.{Name(method, 1)}"] = file;
            }
            foreach (var one in Fields(file, 5)) bySymbol[$"{package}.{Name(one, 1)}"] = file;
            foreach (var message in Fields(file, 4)) Message(message, package, file);
        }
        services.Sort(StringComparer.Ordinal);
        return new(services, byFile, bySymbol, messages);

        // DescriptorProto { name 1, field 2 { name 1 }, nested_type 3, enum_type 4 }
        void Message(byte[] message, string above, byte[] file)
        {
            var name = $"{above}.{Name(message, 1)}";
            bySymbol[name] = file;
            messages.Add(name);
            foreach (var field in Fields(message, 2)) bySymbol[$"{name}.{Name(field, 1)}"] = file;
            foreach (var one in Fields(message, 4)) bySymbol[$"{name}.{Name(one, 1)}"] = file;
            foreach (var nested in Fields(message, 3)) Message(nested, name, file);
        }
    }

    static string Name(byte[] message, int field) => Encoding.UTF8.GetString(Fields(message, field)[0]);

    static List<byte[]> Fields(byte[] message, int field)
    {
        var all = new List<byte[]>();
        var reader = new WireReader(message, 0, message.Length);
        while (reader.Next())
        {
            if (reader.Field == field && reader.Form == 2) all.Add(reader.Bytes().ToArray());
            else reader.Skip();
        }
        return all;
    }
}
