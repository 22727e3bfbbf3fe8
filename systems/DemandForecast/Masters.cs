using System.ComponentModel.DataAnnotations;
using Kumiki;

namespace DemandForecast;

/// <summary>A store of the chain.</summary>
public sealed record StoreEntry(string Name, string? Region);

/// <summary>A region that stores are in.</summary>
public sealed record RegionEntry(string Name);

/// <summary>An item that is sold.</summary>
public sealed record ItemEntry(string Name);

/// <summary>A price and the days it holds, the first and the last among them.</summary>
/// <param name="Price">Of one unit, in the shop's currency.</param>
public sealed record ItemPrice(string ItemName, [Range(0, 1e9)] decimal Price, DateOnly AppliedFrom, DateOnly AppliedTo);

/// <summary>A day that is known beforehand to be unlike others.</summary>
/// <param name="Store">Where; missing: everywhere.</param>
/// <param name="Cancelled">It was announced, and will not be.</param>
public sealed record CalendarDay(DateOnly Date, string Name, string? Store, bool Cancelled);

/// <summary>Days on which a store is closed, the first and the last among them.</summary>
/// <param name="ClosedTo">Missing: for good.</param>
public sealed record Closure(string Store, DateOnly ClosedFrom, DateOnly? ClosedTo);

/// <summary>The stores; where none are listed, whatever store has sales is one.</summary>
public sealed class Stores : Dataset<StoreEntry>
{
    [Parameter] public string Files { get; init; } = "data/masters/stores.csv";

    public override Source Source => Source.Csv(Files) with { Optional = true };

    public override void Expect(Expectations<StoreEntry> rows) => rows.Unique(s => s.Name);
}

/// <summary>The regions of the stores.</summary>
public sealed class Regions : Dataset<RegionEntry>
{
    [Parameter] public string Files { get; init; } = "data/masters/regions.csv";

    public override Source Source => Source.Csv(Files) with { Optional = true };

    public override void Expect(Expectations<RegionEntry> rows) => rows.Unique(r => r.Name);
}

/// <summary>The items; where none are listed, whatever item is sold is one.</summary>
public sealed class Items : Dataset<ItemEntry>
{
    [Parameter] public string Files { get; init; } = "data/masters/items.csv";

    public override Source Source => Source.Csv(Files) with { Optional = true };

    public override void Expect(Expectations<ItemEntry> rows) => rows.Unique(i => i.Name);
}

/// <summary>Prices with the days they hold, those of the coming weeks among them; of two prices for one day the one that began later holds.</summary>
public sealed class ItemPrices : Dataset<ItemPrice>
{
    [Parameter] public string Files { get; init; } = "data/masters/item_prices.csv";

    public override Source Source => Source.Csv(Files) with { Optional = true };
}

/// <summary>Holidays, festivals and whatever else is known beforehand, held or cancelled.</summary>
public sealed class SpecialDays : Dataset<CalendarDay>
{
    [Parameter] public string Files { get; init; } = "data/masters/calendar.csv";

    public override Source Source => Source.Csv(Files) with { Optional = true };
}

/// <summary>When stores are closed.</summary>
public sealed class Closures : Dataset<Closure>
{
    [Parameter] public string Files { get; init; } = "data/masters/closures.csv";

    public override Source Source => Source.Csv(Files) with { Optional = true };
}
