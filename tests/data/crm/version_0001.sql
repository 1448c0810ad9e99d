BEGIN TRANSACTION;
CREATE TABLE actions (
	id TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	play TEXT NOT NULL, 
	action TEXT NOT NULL, 
	product_id TEXT, 
	state TEXT NOT NULL, 
	proposed VARCHAR(32) NOT NULL, 
	changed VARCHAR(32), 
	why TEXT, 
	data TEXT, 
	PRIMARY KEY (id)
);
CREATE TABLE advice (
	run TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	as_of DATE NOT NULL, 
	status TEXT NOT NULL, 
	level INTEGER, 
	limited_by TEXT, 
	reasons TEXT, 
	target_volatility FLOAT, 
	risk_aversion FLOAT, 
	effective_risk_aversion FLOAT, 
	expected_return FLOAT, 
	annual_fee FLOAT, 
	net_return FLOAT, 
	expected_volatility FLOAT, 
	stressed_loss FLOAT, 
	kkt_residual FLOAT, 
	cash BIGINT, 
	inputs TEXT, 
	fingerprint TEXT, 
	document TEXT, 
	PRIMARY KEY (run, client_id)
);
INSERT INTO "advice" VALUES('first','c00000','2026-11-20','ok',1,NULL,'level|target|fees|stress|sized|concentration',0.01,9e999,9e999,1.50000000000000445476e-02,0.0044,1.06000000000000434152e-02,2.8528494042566075392e-03,0.0,0.0,0,'1786ae2ad1e45fee','1d7648840d78ef12d8035f2c36293a7fb7e75ffb701015cd10112a7c66314c6a','{"client_id":"c00000","as_of":"2026-11-20","status":"ok","level":1,"target_volatility":0.01,"risk_aversion":null,"effective_risk_aversion":null,"weights":{"cash":1.0},"optimal_return":0.015000000000000041,"optimal_volatility":0.0028528494042566067,"weights_after_orders":{"cash":1.0000000000000002},"cash":0.0,"expected_return":0.015000000000000045,"annual_fee":0.0044,"net_return":0.010600000000000043,"annual_fee_money":559.00878,"expected_volatility":0.0028528494042566075,"stressed_loss":0.0,"picks":[{"product_id":"P017","asset":"cash","rank":1,"score":100.4111387741608,"probability":null,"probability_low":null,"probability_high":null,"money":76228.47,"kind":"buy","marginal_value":null,"reasons":[{"code":"suitable","text":"Its risk level R1 is within C1 under nfra.","data":{"product_level":1,"level":1,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 76,228.47 where the portfolio lacks it: cash.","data":{"money":76228.47,"asset":"cash","spread":"cash"}},{"code":"taste_holding","text":"Past purchases link it to P011, which this client holds or has bought (55% of its score).","data":{"held":"P011","share":0.545868750875751}}]},{"product_id":"P001","asset":"cash","rank":2,"score":-50.908980000000014,"probability":null,"probability_low":null,"probability_high":null,"money":25409.49,"kind":"buy","marginal_value":null,"reasons":[{"code":"suitable","text":"Its risk level R1 is within C1 under nfra.","data":{"product_level":1,"level":1,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 25,409.49 where the portfolio lacks it: cash.","data":{"money":25409.49,"asset":"cash","spread":"cash"}},{"code":"taste_holding","text":"Past purchases link it to P005, which this client holds or has bought (50% of its score).","data":{"held":"P005","share":0.4987999502209322}}]},{"product_id":"P033","asset":"cash","rank":3,"score":-51.07898000000001,"probability":null,"probability_low":null,"probability_high":null,"money":25409.49,"kind":"buy","marginal_value":null,"reasons":[{"code":"suitable","text":"Its risk level R1 is within C1 under nfra.","data":{"product_level":1,"level":1,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 25,409.49 where the portfolio lacks it: cash.","data":{"money":25409.49,"asset":"cash","spread":"cash"}},{"code":"taste_holding","text":"Past purchases link it to P017, which this client holds or has bought (60% of its score).","data":{"held":"P017","share":0.6021915205804887}}]}],"orders":[{"product_id":"P017","money":76228.47},{"product_id":"P001","money":25409.49},{"product_id":"P033","money":25409.49}],"binding":[{"name":"ineligible:corporate_bonds","shadow_price":9.08742925539435e-6},{"name":"ineligible:high_yield","shadow_price":8.767033020687004e-6},{"name":"ineligible:gold","shadow_price":8.632157401084738e-6},{"name":"ineligible:global_equity","shadow_price":8.619895981120899e-6},{"name":"ineligible:domestic_equity","shadow_price":8.583111721229377e-6},{"name":"ineligible:emerging_equity","shadow_price":8.460497521590956e-6},{"name":"ineligible:government_bonds","shadow_price":4.565571941545769e-6},{"name":"ineligible:mix:P009","shadow_price":7.086152275208979e-7}],"kkt_residual":0.0,"unplaced":{},"reasons":[{"code":"level","text":"Risk level C1, decided by tolerance.","data":{"level":1,"limit":"tolerance"}},{"code":"target","text":"A C1 portfolio aims at 1.0% volatility a year; after the orders this one is expected at 0.3% with a return of 1.5% before fees.","data":{"level":1,"target":0.01,"volatility":0.0028528494042566075,"mean":0.015000000000000045}},{"code":"fees","text":"Of the expected return of 1.50% a year, products held after the orders cost 0.44% (559.01 a year), which leaves 1.06%.","data":{"gross":0.015000000000000045,"fee":0.0044,"net":0.010600000000000043,"money":559.00878}},{"code":"stress","text":"If each asset suffered its stressed loss in the same year (where none is stated, what the return model''s year in a hundred takes from it), it would lose about 0.0%, within the 3% that level C1 allows. By the model, in which assets move apart, its own worst year in a hundred returns 0.8% or less.","data":{"loss":0.0,"limit":0.03,"level":1,"one_in_100":0.008363279853449007}},{"code":"sized","text":"Volatility here is a forecast from the last weeks of returns, and the portfolio is sized by it: over all the past the same composition had 0.3%, and the expected return belongs to that. The forecast moves, so look again every month.","data":{"long":0.0030000000000000005}},{"code":"concentration","text":"nfra.product_share: after the orders P017 makes up 60.0% of wealth, more than 20.0%. More than a fifth of the wealth would be in one product.","data":{"rule":"nfra.product_share","subject":"P017","value":0.6,"limit":0.2,"rule_text":"More than a fifth of the wealth would be in one product.","rule_text_zh":"单一产品占客户可投资资产的比例超过五分之一。"}}],"slots":5,"fingerprint":"1d7648840d78ef12d8035f2c36293a7fb7e75ffb701015cd10112a7c66314c6a:1786ae2ad1e45fee"}');
INSERT INTO "advice" VALUES('first','c00001','2026-11-20','ok',4,NULL,'level|flag|target|fees|stress|sized|concentration',1.01980390271855708705e-01,2.57598516520606901636e+00,2.57598516520606901636e+00,5.32140353010302144531e-02,3.75117496422612724249e-03,4.94628603368040889454e-02,1.01980384443738802957e-01,1.73161908637078310047e-01,5.13668020689433344957e-18,0,'552c768f3c265f31','1d7648840d78ef12d8035f2c36293a7fb7e75ffb701015cd10112a7c66314c6a','{"client_id":"c00001","as_of":"2026-11-20","status":"ok","level":4,"target_volatility":0.10198039027185571,"risk_aversion":2.575985165206069,"effective_risk_aversion":2.575985165206069,"weights":{"high_yield":0.1973845066662742,"domestic_equity":0.312388499728218,"global_equity":0.28473325757142554,"gold":0.2054937360340823},"optimal_return":0.05321403698139468,"optimal_volatility":0.10198039027185571,"weights_after_orders":{"high_yield":0.19738453914406845,"domestic_equity":0.3123886042191966,"global_equity":0.2847330681442296,"gold":0.20549378849250535},"cash":0.0,"expected_return":0.053214035301030214,"annual_fee":0.0037511749642261272,"net_return":0.04946286033680409,"annual_fee_money":123.837239,"expected_volatility":0.1019803844437388,"stressed_loss":0.1731619086370783,"picks":[{"product_id":"P029","asset":"domestic_equity","rank":1,"score":31.706431039093673,"probability":null,"probability_low":null,"probability_high":null,"money":6602.58,"kind":"buy","marginal_value":0.019104749555749027,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 6,602.58 where the portfolio lacks it: domestic_equity.","data":{"money":6602.58,"asset":"domestic_equity","spread":"domestic_equity"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.91% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.019104749555749027}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (100% of its score).","data":{"held":"P007","share":1.0}}]},{"product_id":"P038","asset":"global_equity","rank":2,"score":28.78957031047063,"probability":null,"probability_low":null,"probability_high":null,"money":9399.87,"kind":"buy","marginal_value":0.01860475289281751,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 9,399.87 where the portfolio lacks it: global_equity.","data":{"money":9399.87,"asset":"global_equity","spread":"global_equity"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.86% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.01860475289281751}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (70% of its score).","data":{"held":"P007","share":0.698404823066844}}]},{"product_id":"P032","asset":"gold","rank":3,"score":20.65298906664869,"probability":null,"probability_low":null,"probability_high":null,"money":6783.95,"kind":"buy","marginal_value":0.016704745858120137,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 6,783.95 where the portfolio lacks it: gold.","data":{"money":6783.95,"asset":"gold","spread":"gold"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.67% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.016704745858120137}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (82% of its score).","data":{"held":"P007","share":0.8247889676975911}}]},{"product_id":"P028","asset":"high_yield","rank":4,"score":19.8988471115755,"probability":null,"probability_low":null,"probability_high":null,"money":6516.24,"kind":"buy","marginal_value":0.01560474863501115,"reasons":[{"code":"suitable","text":"Its risk level R3 is within C4 under nfra.","data":{"product_level":3,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 6,516.24 where the portfolio lacks it: high_yield.","data":{"money":6516.24,"asset":"high_yield","spread":"high_yield"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.56% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.01560474863501115}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (75% of its score).","data":{"held":"P007","share":0.7474591471041881}}]},{"product_id":"P021","asset":"domestic_equity","rank":5,"score":11.130795801024314,"probability":null,"probability_low":null,"probability_high":null,"money":3710.28,"kind":"buy","marginal_value":0.01710474955574903,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 3,710.28 where the portfolio lacks it: domestic_equity.","data":{"money":3710.28,"asset":"domestic_equity","spread":"domestic_equity"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.71% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.01710474955574903}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (100% of its score).","data":{"held":"P007","share":1.0}}]}],"orders":[{"product_id":"P029","money":6602.58},{"product_id":"P038","money":9399.87},{"product_id":"P032","money":6783.95},{"product_id":"P028","money":6516.24},{"product_id":"P021","money":3710.28}],"binding":[{"name":"ineligible:emerging_equity","shadow_price":0.014985194544621206},{"name":"min_weight:cash","shadow_price":0.006305675323084512},{"name":"min_weight:government_bonds","shadow_price":0.0036566354852700326},{"name":"ineligible:mix:P009","shadow_price":0.002193981291162018},{"name":"min_weight:corporate_bonds","shadow_price":0.0013936425517859503}],"kkt_residual":5.1366802068943334e-18,"unplaced":{},"reasons":[{"code":"level","text":"Risk level C4, decided by the uncertainty of the answers.","data":{"level":4,"limit":"uncertainty"}},{"code":"flag","text":"Control on the answers: The answers measure tolerance too roughly to be sure enough of the next level up, so the lower one counts.","data":{"flag":"uncertain","text":"The answers measure tolerance too roughly to be sure enough of the next level up, so the lower one counts.","text_zh":"问卷测量误差较大，无法足够确定更高等级，故按较低等级处理。"}},{"code":"target","text":"A C4 portfolio aims at 10.2% volatility a year; after the orders this one is expected at 10.2% with a return of 5.3% before fees.","data":{"level":4,"target":0.10198039027185571,"volatility":0.1019803844437388,"mean":0.053214035301030214}},{"code":"fees","text":"Of the expected return of 5.32% a year, products held after the orders cost 0.38% (123.84 a year), which leaves 4.95%.","data":{"gross":0.053214035301030214,"fee":0.0037511749642261272,"net":0.04946286033680409,"money":123.837239}},{"code":"stress","text":"If each asset suffered its stressed loss in the same year (where none is stated, what the return model''s year in a hundred takes from it), it would lose about 17.3%, within the 28% that level C4 allows. By the model, in which assets move apart, its own worst year in a hundred returns -18.4% or less.","data":{"loss":0.1731619086370783,"limit":0.28,"level":4,"one_in_100":-0.18402781524352918}},{"code":"sized","text":"Volatility here is a forecast from the last weeks of returns, and the portfolio is sized by it: over all the past the same composition had 11.1%, and the expected return belongs to that. The forecast moves, so look again every month.","data":{"long":0.11129787248739806}},{"code":"concentration","text":"nfra.product_share: after the orders P032 makes up 20.5% of wealth, more than 20.0%. More than a fifth of the wealth would be in one product.","data":{"rule":"nfra.product_share","subject":"P032","value":0.20549378849250535,"limit":0.2,"rule_text":"More than a fifth of the wealth would be in one product.","rule_text_zh":"单一产品占客户可投资资产的比例超过五分之一。"}},{"code":"concentration","text":"nfra.product_share: after the orders P038 makes up 28.5% of wealth, more than 20.0%. More than a fifth of the wealth would be in one product.","data":{"rule":"nfra.product_share","subject":"P038","value":0.2847330681442296,"limit":0.2,"rule_text":"More than a fifth of the wealth would be in one product.","rule_text_zh":"单一产品占客户可投资资产的比例超过五分之一。"}}],"slots":5,"fingerprint":"1d7648840d78ef12d8035f2c36293a7fb7e75ffb701015cd10112a7c66314c6a:552c768f3c265f31"}');
INSERT INTO "advice" VALUES('first','c00002','2026-11-20','ok',4,NULL,'level|flag|target|fees|stress|sized|concentration',1.01980390271855708705e-01,2.57598516520606901636e+00,2.57598516520606901636e+00,5.32140373195190349853e-02,3.75117434802968397963e-03,4.94628629714893505719e-02,1.0198039405470124552e-01,1.73161924383913479186e-01,5.13668020689433344957e-18,0,'8acc849faccca24e','1d7648840d78ef12d8035f2c36293a7fb7e75ffb701015cd10112a7c66314c6a','{"client_id":"c00002","as_of":"2026-11-20","status":"ok","level":4,"target_volatility":0.10198039027185571,"risk_aversion":2.575985165206069,"effective_risk_aversion":2.575985165206069,"weights":{"high_yield":0.1973845066662742,"domestic_equity":0.312388499728218,"global_equity":0.28473325757142554,"gold":0.2054937360340823},"optimal_return":0.05321403698139468,"optimal_volatility":0.10198039027185571,"weights_after_orders":{"high_yield":0.1973844388843182,"domestic_equity":0.3123884698227057,"global_equity":0.2847333180786503,"gold":0.2054937732143258},"cash":0.0,"expected_return":0.053214037319519035,"annual_fee":0.003751174348029684,"net_return":0.04946286297148935,"annual_fee_money":190.49296099999998,"expected_volatility":0.10198039405470125,"stressed_loss":0.17316192438391348,"picks":[{"product_id":"P029","asset":"domestic_equity","rank":1,"score":32.08806603184392,"probability":null,"probability_low":null,"probability_high":null,"money":10156.44,"kind":"buy","marginal_value":0.0191047485188391,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 10,156.44 where the portfolio lacks it: domestic_equity.","data":{"money":10156.44,"asset":"domestic_equity","spread":"domestic_equity"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.91% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.0191047485188391}},{"code":"taste_holding","text":"Past purchases link it to P003, which this client holds or has bought (33% of its score).","data":{"held":"P003","share":0.33034058950417555}},{"code":"duty","text":"nfra.18.senior: The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","data":{"rule":"nfra.18.senior","rule_text":"The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","rule_text_zh":"客户年满65周岁（或年龄不明）且产品风险较高，须履行特别说明与确认义务。"}}]},{"product_id":"P038","asset":"global_equity","rank":2,"score":28.808301436363116,"probability":null,"probability_low":null,"probability_high":null,"money":14459.39,"kind":"buy","marginal_value":0.018604747075363262,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 14,459.39 where the portfolio lacks it: global_equity.","data":{"money":14459.39,"asset":"global_equity","spread":"global_equity"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.86% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.018604747075363262}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (36% of its score).","data":{"held":"P007","share":0.3583830360804825}},{"code":"duty","text":"nfra.18.senior: The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","data":{"rule":"nfra.18.senior","rule_text":"The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","rule_text_zh":"客户年满65周岁（或年龄不明）且产品风险较高，须履行特别说明与确认义务。"}}]},{"product_id":"P032","asset":"gold","rank":3,"score":20.869847513871317,"probability":null,"probability_low":null,"probability_high":null,"money":10435.43,"kind":"buy","marginal_value":0.01670474561650438,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 10,435.43 where the portfolio lacks it: gold.","data":{"money":10435.43,"asset":"gold","spread":"gold"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.67% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.01670474561650438}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (33% of its score).","data":{"held":"P007","share":0.32866181361782715}},{"code":"duty","text":"nfra.18.senior: The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","data":{"rule":"nfra.18.senior","rule_text":"The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","rule_text_zh":"客户年满65周岁（或年龄不明）且产品风险较高，须履行特别说明与确认义务。"}}]},{"product_id":"P028","asset":"high_yield","rank":4,"score":19.94224367295659,"probability":null,"probability_low":null,"probability_high":null,"money":10023.62,"kind":"buy","marginal_value":0.01560474869328897,"reasons":[{"code":"suitable","text":"Its risk level R3 is within C4 under nfra.","data":{"product_level":3,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 10,023.62 where the portfolio lacks it: high_yield.","data":{"money":10023.62,"asset":"high_yield","spread":"high_yield"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.56% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.01560474869328897}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (35% of its score).","data":{"held":"P007","share":0.3484434661430592}}]},{"product_id":"P021","asset":"domestic_equity","rank":5,"score":11.282345944677164,"probability":null,"probability_low":null,"probability_high":null,"money":5707.34,"kind":"buy","marginal_value":0.017104748518839103,"reasons":[{"code":"suitable","text":"Its risk level R4 is within C4 under nfra.","data":{"product_level":4,"level":4,"regime":"nfra"}},{"code":"closes_gap","text":"Puts 5,707.34 where the portfolio lacks it: domestic_equity.","data":{"money":5707.34,"asset":"domestic_equity","spread":"domestic_equity"}},{"code":"adds_value","text":"At the advised portfolio each further unit of money in it adds about 1.71% a year to the risk-adjusted return, its fee paid.","data":{"gain":0.017104748518839103}},{"code":"taste_holding","text":"Past purchases link it to P007, which this client holds or has bought (34% of its score).","data":{"held":"P007","share":0.3385566393655631}},{"code":"duty","text":"nfra.18.senior: The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","data":{"rule":"nfra.18.senior","rule_text":"The client is 65 or older, or of unknown age, and the product is of high risk: special explanation and confirmation are due.","rule_text_zh":"客户年满65周岁（或年龄不明）且产品风险较高，须履行特别说明与确认义务。"}}]}],"orders":[{"product_id":"P029","money":10156.44},{"product_id":"P038","money":14459.39},{"product_id":"P032","money":10435.43},{"product_id":"P028","money":10023.62},{"product_id":"P021","money":5707.34}],"binding":[{"name":"ineligible:emerging_equity","shadow_price":0.014985194544621206},{"name":"min_weight:cash","shadow_price":0.006305675323084512},{"name":"min_weight:government_bonds","shadow_price":0.0036566354852700326},{"name":"ineligible:mix:P009","shadow_price":0.002193981291162018},{"name":"min_weight:corporate_bonds","shadow_price":0.0013936425517859503}],"kkt_residual":5.1366802068943334e-18,"unplaced":{},"reasons":[{"code":"level","text":"Risk level C4, decided by tolerance.","data":{"level":4,"limit":"tolerance"}},{"code":"flag","text":"Control on the answers: The client is 65 or older: special care is due with products of high risk.","data":{"flag":"senior","text":"The client is 65 or older: special care is due with products of high risk.","text_zh":"客户年满65周岁，购买较高风险产品时须履行特别注意义务。"}},{"code":"target","text":"A C4 portfolio aims at 10.2% volatility a year; after the orders this one is expected at 10.2% with a return of 5.3% before fees.","data":{"level":4,"target":0.10198039027185571,"volatility":0.10198039405470125,"mean":0.053214037319519035}},{"code":"fees","text":"Of the expected return of 5.32% a year, products held after the orders cost 0.38% (190.49 a year), which leaves 4.95%.","data":{"gross":0.053214037319519035,"fee":0.003751174348029684,"net":0.04946286297148935,"money":190.49296099999998}},{"code":"stress","text":"If each asset suffered its stressed loss in the same year (where none is stated, what the return model''s year in a hundred takes from it), it would lose about 17.3%, within the 28% that level C4 allows. By the model, in which assets move apart, its own worst year in a hundred returns -18.4% or less.","data":{"loss":0.17316192438391348,"limit":0.28,"level":4,"one_in_100":-0.1840278355834824}},{"code":"sized","text":"Volatility here is a forecast from the last weeks of returns, and the portfolio is sized by it: over all the past the same composition had 11.1%, and the expected return belongs to that. The forecast moves, so look again every month.","data":{"long":0.11129787952777716}},{"code":"concentration","text":"nfra.product_share: after the orders P032 makes up 20.5% of wealth, more than 20.0%. More than a fifth of the wealth would be in one product.","data":{"rule":"nfra.product_share","subject":"P032","value":0.2054937732143258,"limit":0.2,"rule_text":"More than a fifth of the wealth would be in one product.","rule_text_zh":"单一产品占客户可投资资产的比例超过五分之一。"}},{"code":"concentration","text":"nfra.product_share: after the orders P038 makes up 28.5% of wealth, more than 20.0%. More than a fifth of the wealth would be in one product.","data":{"rule":"nfra.product_share","subject":"P038","value":0.2847333180786503,"limit":0.2,"rule_text":"More than a fifth of the wealth would be in one product.","rule_text_zh":"单一产品占客户可投资资产的比例超过五分之一。"}}],"slots":5,"fingerprint":"1d7648840d78ef12d8035f2c36293a7fb7e75ffb701015cd10112a7c66314c6a:8acc849faccca24e"}');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE assessments (
	client_id TEXT NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	day DATE NOT NULL, 
	questionnaire TEXT, 
	answers TEXT, 
	level INTEGER, 
	confirmed BOOLEAN NOT NULL, 
	PRIMARY KEY (client_id, since)
);
INSERT INTO "assessments" VALUES('c00000','2026-11-01T00:00:00.000000Z','2026-01-05',NULL,'{"background_work": "b", "background_dependants": "a", "capacity_income": "a", "capacity_reserve": "a", "capacity_debt": "a", "capacity_loss": "a", "horizon_need": "a", "horizon_withdrawals": "a", "knowledge_products": "a", "knowledge_years": "a", "knowledge_bonds": "a", "objective_aim": "a", "objective_return": "a", "tolerance_loss_limit": "b", "tolerance_fall": "a", "tolerance_gamble": "a", "tolerance_worry": "a", "tolerance_job": "a"}',NULL,0);
INSERT INTO "assessments" VALUES('c00001','2026-11-01T00:00:00.000000Z','2026-01-05',NULL,'{"background_work": "e", "background_dependants": "b", "capacity_income": "d", "capacity_reserve": "e", "capacity_debt": "d", "capacity_loss": "d", "horizon_need": "e", "horizon_withdrawals": "d", "knowledge_products": "d", "knowledge_years": "c", "knowledge_bonds": "d", "objective_aim": "e", "objective_return": "d", "tolerance_loss_limit": "d", "tolerance_fall": "e", "tolerance_gamble": "c", "tolerance_worry": "c", "tolerance_job": "d"}',NULL,0);
INSERT INTO "assessments" VALUES('c00002','2026-11-01T00:00:00.000000Z','2026-01-05',NULL,'{"background_work": "d", "background_dependants": "c", "capacity_income": "c", "capacity_reserve": "e", "capacity_debt": "d", "capacity_loss": "d", "horizon_need": "d", "horizon_withdrawals": "d", "knowledge_products": "c", "knowledge_years": "d", "knowledge_bonds": "c", "objective_aim": "e", "objective_return": "d", "tolerance_loss_limit": "d", "tolerance_fall": "c", "tolerance_gamble": "d", "tolerance_worry": "d", "tolerance_job": "e"}',NULL,0);
CREATE TABLE clients (
	id TEXT NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	until VARCHAR(32), 
	digest VARCHAR(64) NOT NULL, 
	assessed_at VARCHAR(32), 
	wealth BIGINT, 
	income BIGINT, 
	liabilities BIGINT, 
	monthly_spending BIGINT, 
	planned_purchases BIGINT, 
	horizon_years FLOAT, 
	age FLOAT, 
	knowledge FLOAT, 
	reserve_months FLOAT, 
	professional BOOLEAN NOT NULL, 
	legal_capacity BOOLEAN NOT NULL, 
	private_qualified BOOLEAN NOT NULL, 
	institution BOOLEAN NOT NULL, 
	guardian BOOLEAN NOT NULL, 
	currency TEXT, 
	gender TEXT, 
	segment TEXT, 
	sustainability TEXT, 
	excluded TEXT, 
	insists TEXT, 
	written_warning TEXT, 
	locked TEXT, 
	goals TEXT, 
	biases TEXT, 
	level INTEGER, 
	lowest_category BOOLEAN, 
	assessed_on DATE, 
	PRIMARY KEY (id, since)
);
INSERT INTO "clients" VALUES('c00000','2026-11-01T00:00:00.000000Z',NULL,'8db3a4d57707dd1d1bc4cdeeeef028a8ccf0121ea90808bb3315c167b51b2b3c','2026-11-01T00:00:00.000000Z',1270474500,NULL,NULL,NULL,NULL,22.5,64.0,NULL,NULL,0,1,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-01-05');
INSERT INTO "clients" VALUES('c00001','2026-11-01T00:00:00.000000Z',NULL,'8331816176785b67fee869b32730a87f9d21fdf43373150bd22a78f00d68ae2b','2026-11-01T00:00:00.000000Z',330129200,NULL,NULL,NULL,NULL,16.6,31.0,NULL,NULL,0,1,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-01-05');
INSERT INTO "clients" VALUES('c00002','2026-11-01T00:00:00.000000Z',NULL,'5d8df52991f6a0075fd08ea26047f1addfbb5c9fe595cb9118a6aebaa6d06813','2026-11-01T00:00:00.000000Z',507822200,NULL,NULL,NULL,NULL,14.9,66.0,NULL,NULL,0,1,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-01-05');
CREATE TABLE consents (
	client_id TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	given VARCHAR(32) NOT NULL, 
	withdrawn VARCHAR(32), 
	channel TEXT, 
	PRIMARY KEY (client_id, purpose)
);
CREATE TABLE events (
	source TEXT NOT NULL, 
	id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	time VARCHAR(32) NOT NULL, 
	subject TEXT NOT NULL, 
	data TEXT NOT NULL, 
	PRIMARY KEY (source, id)
);
CREATE TABLE feedback (
	id TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	score FLOAT, 
	about TEXT, 
	channel TEXT, 
	opened VARCHAR(32) NOT NULL, 
	closed VARCHAR(32), 
	PRIMARY KEY (id)
);
CREATE TABLE holdings (
	client_id TEXT NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	item TEXT NOT NULL, 
	money BIGINT NOT NULL, 
	day DATE NOT NULL, 
	PRIMARY KEY (client_id, since, item)
);
CREATE TABLE idempotency (
	"key" TEXT NOT NULL, 
	client_id TEXT, 
	request TEXT NOT NULL, 
	status INTEGER, 
	response TEXT, 
	created VARCHAR(32) NOT NULL, 
	expires VARCHAR(32), 
	PRIMARY KEY ("key")
);
CREATE TABLE jobs (
	id TEXT NOT NULL, 
	client_id TEXT, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	request TEXT, 
	result TEXT, 
	problem TEXT, 
	worker TEXT, 
	done INTEGER, 
	created VARCHAR(32) NOT NULL, 
	changed VARCHAR(32), 
	PRIMARY KEY (id)
);
CREATE TABLE ledger (
	seq BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	PRIMARY KEY (seq)
);
INSERT INTO "ledger" VALUES(1,'{"at":"2026-11-01T00:00:00.000000Z","before":"0000000000000000000000000000000000000000000000000000000000000000","record":{"decision":"ok","kind":"advice"},"seq":1}','4588de13f7a60e3325a96fd7fbf65dd790498da66e3d63ae7df2c51adf3789d8');
CREATE TABLE picks (
	run TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	rank INTEGER NOT NULL, 
	product_id TEXT NOT NULL, 
	score FLOAT, 
	money BIGINT, 
	reasons TEXT, 
	PRIMARY KEY (run, client_id, rank)
);
INSERT INTO "picks" VALUES('first','c00000',1,'P017',1.00411138774160804134e+02,762284700,'suitable|closes_gap|taste_holding');
INSERT INTO "picks" VALUES('first','c00000',2,'P001',-5.09089800000000138871e+01,254094900,'suitable|closes_gap|taste_holding');
INSERT INTO "picks" VALUES('first','c00000',3,'P033',-5.10789800000000084869e+01,254094900,'suitable|closes_gap|taste_holding');
INSERT INTO "picks" VALUES('first','c00001',1,'P029',3.17064310390936725529e+01,66025800,'suitable|closes_gap|adds_value|taste_holding');
INSERT INTO "picks" VALUES('first','c00001',2,'P038',2.87895703104706299777e+01,93998700,'suitable|closes_gap|adds_value|taste_holding');
INSERT INTO "picks" VALUES('first','c00001',3,'P032',2.06529890666486899415e+01,67839500,'suitable|closes_gap|adds_value|taste_holding');
INSERT INTO "picks" VALUES('first','c00001',4,'P028',19.8988471115755,65162400,'suitable|closes_gap|adds_value|taste_holding');
INSERT INTO "picks" VALUES('first','c00001',5,'P021',1.11307958010243144284e+01,37102800,'suitable|closes_gap|adds_value|taste_holding');
INSERT INTO "picks" VALUES('first','c00002',1,'P029',3.20880660318439225875e+01,101564400,'suitable|closes_gap|adds_value|taste_holding|duty');
INSERT INTO "picks" VALUES('first','c00002',2,'P038',2.88083014363631164647e+01,144593900,'suitable|closes_gap|adds_value|taste_holding|duty');
INSERT INTO "picks" VALUES('first','c00002',3,'P032',2.08698475138713170897e+01,104354300,'suitable|closes_gap|adds_value|taste_holding|duty');
INSERT INTO "picks" VALUES('first','c00002',4,'P028',1.99422436729565895063e+01,100236200,'suitable|closes_gap|adds_value|taste_holding');
INSERT INTO "picks" VALUES('first','c00002',5,'P021',1.12823459446771643397e+01,57073400,'suitable|closes_gap|adds_value|taste_holding|duty');
CREATE TABLE products (
	id TEXT NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "products" VALUES('P001','{"id":"P001","name":"Harbour cash 1","asset":"cash","risk_level":1,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0026,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P002','{"id":"P002","name":"Linden government bonds 1","asset":"government_bonds","risk_level":2,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0036,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P003','{"id":"P003","name":"Northway corporate bonds 1","asset":"corporate_bonds","risk_level":2,"exposures":{},"min_purchase":0.0,"annual_fee":0.007,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P004','{"id":"P004","name":"Quarry high yield 1","asset":"high_yield","risk_level":3,"exposures":{},"min_purchase":0.0,"annual_fee":0.008,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P005','{"id":"P005","name":"Saffron domestic equity 1","asset":"domestic_equity","risk_level":4,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0053,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P006','{"id":"P006","name":"Tidal global equity 1","asset":"global_equity","risk_level":4,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0056,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P007','{"id":"P007","name":"Harbour emerging equity 1","asset":"emerging_equity","risk_level":5,"exposures":{},"min_purchase":100.0,"annual_fee":0.0045,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P008','{"id":"P008","name":"Linden gold 1","asset":"gold","risk_level":4,"exposures":{},"min_purchase":100.0,"annual_fee":0.0015,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P009','{"id":"P009","name":"Northway balanced 2","risk_level":3,"exposures":{"global_equity":0.4,"government_bonds":0.6},"min_purchase":1000.0,"annual_fee":0.0137,"term_days":365,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P010','{"id":"P010","name":"Quarry government bonds 2","asset":"government_bonds","risk_level":2,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0058,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P011','{"id":"P011","name":"Saffron corporate bonds 2","asset":"corporate_bonds","risk_level":2,"exposures":{},"min_purchase":100.0,"annual_fee":0.0083,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P012','{"id":"P012","name":"Tidal high yield 2","asset":"high_yield","risk_level":3,"exposures":{},"min_purchase":0.0,"annual_fee":0.0105,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P013','{"id":"P013","name":"Harbour domestic equity 2","asset":"domestic_equity","risk_level":4,"exposures":{},"min_purchase":100.0,"annual_fee":0.0082,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P014','{"id":"P014","name":"Linden global equity 2","asset":"global_equity","risk_level":4,"exposures":{},"min_purchase":0.0,"annual_fee":0.0064,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P015','{"id":"P015","name":"Northway emerging equity 2","asset":"emerging_equity","risk_level":5,"exposures":{},"min_purchase":0.0,"annual_fee":0.0013,"term_days":0,"complex":false,"private":true}');
INSERT INTO "products" VALUES('P016','{"id":"P016","name":"Quarry gold 2","asset":"gold","risk_level":4,"exposures":{},"min_purchase":100.0,"annual_fee":0.0023,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P017','{"id":"P017","name":"Saffron cash 3","asset":"cash","risk_level":1,"exposures":{},"min_purchase":0.0,"annual_fee":0.0017,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P018','{"id":"P018","name":"Tidal balanced 3","risk_level":3,"exposures":{"global_equity":0.4,"government_bonds":0.6},"min_purchase":1000.0,"annual_fee":0.0147,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P019','{"id":"P019","name":"Harbour corporate bonds 3","asset":"corporate_bonds","risk_level":2,"exposures":{},"min_purchase":0.0,"annual_fee":0.0095,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P020','{"id":"P020","name":"Linden high yield 3","asset":"high_yield","risk_level":3,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0073,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P021','{"id":"P021","name":"Northway domestic equity 3","asset":"domestic_equity","risk_level":4,"exposures":{},"min_purchase":0.0,"annual_fee":0.0042,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P022','{"id":"P022","name":"Quarry global equity 3","asset":"global_equity","risk_level":4,"exposures":{},"min_purchase":100.0,"annual_fee":0.0103,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P023','{"id":"P023","name":"Saffron emerging equity 3","asset":"emerging_equity","risk_level":5,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0105,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P024','{"id":"P024","name":"Tidal gold 3","asset":"gold","risk_level":4,"exposures":{},"min_purchase":100.0,"annual_fee":0.0076,"term_days":0,"complex":false,"private":true}');
INSERT INTO "products" VALUES('P025','{"id":"P025","name":"Harbour cash 4","asset":"cash","risk_level":1,"exposures":{},"min_purchase":100.0,"annual_fee":0.0021,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P026','{"id":"P026","name":"Linden government bonds 4","asset":"government_bonds","risk_level":2,"exposures":{},"min_purchase":1000.0,"annual_fee":0.009,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P027','{"id":"P027","name":"Northway balanced 4","risk_level":3,"exposures":{"global_equity":0.4,"government_bonds":0.6},"min_purchase":0.0,"annual_fee":0.0117,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P028','{"id":"P028","name":"Quarry high yield 4","asset":"high_yield","risk_level":3,"exposures":{},"min_purchase":0.0,"annual_fee":0.0057,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P029','{"id":"P029","name":"Saffron domestic equity 4","asset":"domestic_equity","risk_level":4,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0022,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P030','{"id":"P030","name":"Tidal global equity 4","asset":"global_equity","risk_level":4,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0085,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P031','{"id":"P031","name":"Harbour emerging equity 4","asset":"emerging_equity","risk_level":5,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0018,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P032','{"id":"P032","name":"Linden gold 4","asset":"gold","risk_level":4,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0046,"term_days":365,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P033','{"id":"P033","name":"Northway cash 5","asset":"cash","risk_level":1,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0143,"term_days":365,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P034','{"id":"P034","name":"Quarry government bonds 5","asset":"government_bonds","risk_level":2,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0012,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P035','{"id":"P035","name":"Saffron corporate bonds 5","asset":"corporate_bonds","risk_level":2,"exposures":{},"min_purchase":100.0,"annual_fee":0.0044,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P036','{"id":"P036","name":"Tidal balanced 5","risk_level":3,"exposures":{"global_equity":0.4,"government_bonds":0.6},"min_purchase":1000.0,"annual_fee":0.0112,"term_days":365,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P037','{"id":"P037","name":"Harbour domestic equity 5","asset":"domestic_equity","risk_level":4,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0053,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P038','{"id":"P038","name":"Linden global equity 5","asset":"global_equity","risk_level":4,"exposures":{},"min_purchase":100.0,"annual_fee":0.0027,"term_days":0,"complex":false,"private":false}');
INSERT INTO "products" VALUES('P039','{"id":"P039","name":"Northway emerging equity 5","asset":"emerging_equity","risk_level":5,"exposures":{},"min_purchase":100.0,"annual_fee":0.009,"term_days":0,"complex":true,"private":false}');
INSERT INTO "products" VALUES('P040','{"id":"P040","name":"Quarry gold 5","asset":"gold","risk_level":4,"exposures":{},"min_purchase":1000.0,"annual_fee":0.0096,"term_days":0,"complex":false,"private":false}');
CREATE TABLE pseudonyms (
	client_id TEXT NOT NULL, 
	salt VARCHAR(64) NOT NULL, 
	ended DATE, 
	PRIMARY KEY (client_id)
);
CREATE TABLE purchases (
	id TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	product_id TEXT NOT NULL, 
	day DATE NOT NULL, 
	value FLOAT, 
	PRIMARY KEY (id)
);
CREATE TABLE relationships (
	client_id TEXT NOT NULL, 
	adviser_id TEXT NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	until VARCHAR(32), 
	PRIMARY KEY (client_id, adviser_id)
);
CREATE TABLE sessions (
	id TEXT NOT NULL, 
	client_id TEXT, 
	kind TEXT, 
	state TEXT NOT NULL, 
	created VARCHAR(32) NOT NULL, 
	expires VARCHAR(32), 
	PRIMARY KEY (id)
);
INSERT INTO "sessions" VALUES('s1','c00000',NULL,'open','2026-11-01T00:00:00.000000Z',NULL);
CREATE TABLE switch (
	seq INTEGER NOT NULL, 
	stopped BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	operator TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE tags (
	client_id TEXT NOT NULL, 
	tag TEXT NOT NULL, 
	family TEXT NOT NULL, 
	provenance TEXT NOT NULL, 
	source TEXT, 
	since VARCHAR(32) NOT NULL, 
	until VARCHAR(32), 
	PRIMARY KEY (client_id, tag)
);
CREATE TABLE tenant (
	name TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "tenant" VALUES('default');
CREATE TABLE trades (
	id TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	asset TEXT NOT NULL, 
	time VARCHAR(32) NOT NULL, 
	side TEXT NOT NULL, 
	units FLOAT NOT NULL, 
	price FLOAT NOT NULL, 
	left_out BOOLEAN NOT NULL, 
	position BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_trades_client_id_time ON trades (client_id, time);
CREATE INDEX ix_purchases_client_id_day ON purchases (client_id, day);
CREATE INDEX ix_advice_client_id_as_of ON advice (client_id, as_of);
CREATE INDEX ix_events_subject_time ON events (subject, time);
CREATE INDEX ix_events_type_time ON events (type, time);
CREATE INDEX ix_feedback_client_id ON feedback (client_id);
CREATE INDEX ix_actions_client_id ON actions (client_id);
CREATE INDEX ix_jobs_state ON jobs (state);
CREATE VIEW report_clients AS 
SELECT id AS client_id, segment, currency, level, age, assessed_on, since
FROM clients WHERE until IS NULL;
CREATE VIEW report_segments AS 
SELECT family, tag, COUNT(*) AS clients,
       SUM(CASE WHEN provenance = 'person' THEN 1 ELSE 0 END) AS by_person
FROM tags GROUP BY family, tag;
CREATE VIEW report_advice AS 
SELECT run, as_of, status, level, COUNT(*) AS clients,
       AVG(expected_return) AS expected_return, AVG(expected_volatility) AS expected_volatility,
       AVG(stressed_loss) AS stressed_loss
FROM advice GROUP BY run, as_of, status, level;
CREATE VIEW report_picks AS 
SELECT run, product_id, COUNT(*) AS clients, SUM(CASE WHEN money > 0 THEN 1 ELSE 0 END) AS buys
FROM picks GROUP BY run, product_id;
CREATE VIEW report_feedback AS 
SELECT kind, about, COUNT(*) AS answers, AVG(score) AS mean_score,
       SUM(CASE WHEN kind = 'complaint' AND closed IS NULL THEN 1 ELSE 0 END) AS open_complaints
FROM feedback GROUP BY kind, about;
CREATE VIEW report_coverage AS 
SELECT COUNT(*) AS clients,
       SUM(CASE WHEN c.level IS NOT NULL OR c.assessed_at IS NOT NULL THEN 1 ELSE 0 END)
         AS assessed,
       SUM(CASE WHEN c.id IN (SELECT client_id FROM (
SELECT a.* FROM advice a JOIN (
  SELECT client_id, MAX(as_of) AS as_of FROM advice GROUP BY client_id
) l ON l.client_id = a.client_id AND l.as_of = a.as_of
) x) THEN 1 ELSE 0 END) AS advised,
       SUM(CASE WHEN c.id IN (SELECT client_id FROM tags) THEN 1 ELSE 0 END) AS tagged
FROM clients c WHERE c.until IS NULL;
CREATE VIEW report_actions AS 
SELECT play, state, COUNT(*) AS actions FROM actions GROUP BY play, state;
CREATE VIEW report_consents AS 
SELECT purpose, COUNT(*) AS asked,
       SUM(CASE WHEN withdrawn IS NULL THEN 1 ELSE 0 END) AS standing
FROM consents GROUP BY purpose;
COMMIT;
