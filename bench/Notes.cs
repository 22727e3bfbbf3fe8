using System.Globalization;
using System.Text;
using Kumiki.Making;

namespace Kumiki.Bench;

/// <summary>An asset that does nothing but leave a line of its own: what its making costs is what any making costs.</summary>
abstract class Note : Asset
{
    static long written;

    public sealed override AssetKind Kind => AssetKind.Other;

    protected internal override async Task MakeAsync(MakingRun making, CancellationToken stop)
    {
        foreach (var input in Node.InputAssets) making.Input(input).Whole();
        await making.AddBytesAsync("note", Encoding.UTF8.GetBytes($"{Name} {Interlocked.Increment(ref written).ToString(CultureInfo.InvariantCulture)}"), stop);
    }
}
